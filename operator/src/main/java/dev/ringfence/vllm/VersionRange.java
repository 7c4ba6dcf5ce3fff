package dev.ringfence.vllm;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A set of versions, written as comparisons joined by commas that must all hold: {@code
 * >=0.30.0,<0.32.1}. Operators are {@code < <= > >= == !=}; a version without one means {@code ==}.
 *
 * <p>What the written version leaves out is not compared: {@code 0.32.0} stands for 0.32.0 with its
 * post-releases and local labels, {@code 0.32.0.post1} for that post-release with its local labels.
 * So {@code <=0.32.0} holds for 0.32.0.post1 and {@code >0.32.0} does not, which for a list of
 * denied versions is the safe side (PEP 440 has the post-release in neither).
 */
public final class VersionRange {

  private static final Pattern COMPARISON = Pattern.compile("(<=|>=|==|!=|<|>)?([^<>=!]+)");
  private static final int MAXIMUM_LENGTH = 256;

  private record Comparison(String operator, Version version) {

    boolean holds(Version v) {
      Version seen =
          version.local().isEmpty() ? (version.post().isEmpty() ? v.base() : v.withoutLocal()) : v;
      int order = seen.compareTo(version);
      return switch (operator) {
        case "<" -> order < 0;
        case "<=" -> order <= 0;
        case ">" -> order > 0;
        case ">=" -> order >= 0;
        case "!=" -> order != 0;
        default -> order == 0;
      };
    }
  }

  private final String text;
  private final List<Comparison> comparisons;

  private VersionRange(String text, List<Comparison> comparisons) {
    this.text = text;
    this.comparisons = List.copyOf(comparisons);
  }

  /** Reads a range; empty when the text is none (no blanks, no empty parts, only full versions). */
  public static Optional<VersionRange> parse(String text) {
    if (text.length() > MAXIMUM_LENGTH) {
      return Optional.empty();
    }
    List<Comparison> comparisons = new ArrayList<>();
    for (String part : text.split(",", -1)) {
      Matcher m = COMPARISON.matcher(part);
      Optional<Version> version = m.matches() ? Version.parse(m.group(2)) : Optional.empty();
      if (version.isEmpty()) {
        return Optional.empty();
      }
      comparisons.add(
          new Comparison(m.group(1) == null ? "==" : m.group(1), version.orElseThrow()));
    }
    return Optional.of(new VersionRange(text, comparisons));
  }

  /** Whether every comparison holds for the version. */
  public boolean contains(Version version) {
    return comparisons.stream().allMatch(c -> c.holds(version));
  }

  /** As it was written. */
  @Override
  public String toString() {
    return text;
  }
}
