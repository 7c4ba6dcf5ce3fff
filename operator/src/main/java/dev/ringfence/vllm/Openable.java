package dev.ringfence.vllm;

import com.google.re2j.Pattern;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * An argument or variable that a policy may let workloads set, and what its value may be.
 *
 * @param name the canonical name
 * @param grammar what a value may be
 * @param why why it can be opened
 */
public record Openable(String name, Grammar grammar, String why) {

  /** What a value may be. */
  public sealed interface Grammar {

    /** Takes no value at all. */
    record Flag() implements Grammar {}

    /** A whole number in decimal digits, without sign or leading zeros. */
    record Whole(long minimum, long maximum) implements Grammar {}

    /** One of the words. */
    record OneOf(List<String> words) implements Grammar {
      public OneOf {
        words = List.copyOf(words);
      }
    }

    /** A text that the whole pattern (RE2) matches, with one that does. */
    record Form(Pattern pattern, String example) implements Grammar {}
  }

  /**
   * Whether the value, or its absence, is allowed. Whatever the grammar says, a value is visible
   * ASCII without blanks and without {@code $(}, which the kubelet would expand.
   */
  public boolean takes(Optional<String> value) {
    if (value.filter(v -> !VISIBLE.matches(v) || v.contains("$(")).isPresent()) {
      return false;
    }
    return switch (grammar) {
      case Grammar.Flag f -> value.isEmpty();
      case Grammar.Whole w -> {
        OptionalLong n = value.map(Openable::whole).orElse(OptionalLong.empty());
        yield n.isPresent() && n.getAsLong() >= w.minimum() && n.getAsLong() <= w.maximum();
      }
      case Grammar.OneOf o -> value.filter(o.words()::contains).isPresent();
      case Grammar.Form f -> value.filter(f.pattern()::matches).isPresent();
    };
  }

  /** The values in words: "a whole number from 0 to 20". */
  public String bound() {
    return switch (grammar) {
      case Grammar.Flag f -> "no value";
      case Grammar.Whole w -> "a whole number from " + w.minimum() + " to " + w.maximum();
      case Grammar.OneOf o ->
          o.words().size() == 1
              ? "the value " + o.words().getFirst()
              : "one of " + String.join(", ", o.words());
      case Grammar.Form f -> "a value like " + f.example();
    };
  }

  private static final Pattern VISIBLE = Pattern.compile("[!-~]+");
  private static final Pattern WHOLE = Pattern.compile("0|[1-9][0-9]{0,17}");

  private static OptionalLong whole(String text) {
    return WHOLE.matches(text) ? OptionalLong.of(Long.parseLong(text)) : OptionalLong.empty();
  }
}
