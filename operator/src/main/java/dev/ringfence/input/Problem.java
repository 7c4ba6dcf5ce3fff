package dev.ringfence.input;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A parser's complaint without any text of the input, which may be a secret. */
final class Problem {
  private static final Pattern QUOTED = Pattern.compile("'[^']*'|\"[^\"]*\"|\\(.*");
  private static final Pattern WORDS = Pattern.compile("[a-z ,]*");

  /** The parser goes on with the alias's name, without quotes. */
  private static final String NO_ANCHOR = "found undefined alias";

  private Problem() {}

  static String withoutInput(@Nullable String problem) {
    if (problem == null) {
      return "it ends or is nested in an unexpected way";
    }
    String first = problem.lines().findFirst().orElse("");
    if (first.startsWith(NO_ANCHOR)) {
      return NO_ANCHOR;
    }
    if (first.startsWith("Global tag")) {
      return "it has a tag of its own, which no Kubernetes tool reads";
    }
    String words =
        QUOTED.matcher(first).replaceAll("this").replace("<", "").replace(">", "").trim();
    var m = WORDS.matcher(words);
    boolean plain = m.lookingAt() && m.end() == words.length() && words.length() < 100;
    return plain && !words.isEmpty() ? words : "it has something unexpected here";
  }
}
