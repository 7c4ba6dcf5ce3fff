package dev.ringfence.guard.answer;

/** How many characters (code points) an answer may still have. */
final class Allowance {
  private int left;
  private boolean exceeded;

  Allowance(int characters) {
    left = characters;
  }

  /** The text, or as much of it as is allowed; never half a character. */
  String take(String text) {
    // Most texts are short: UTF-16 units are an upper bound of code points.
    if (text.length() <= left) {
      left -= text.codePointCount(0, text.length());
      return text;
    }
    int points = text.codePointCount(0, text.length());
    if (points <= left) {
      left -= points;
      return text;
    }
    String kept = text.substring(0, text.offsetByCodePoints(0, left));
    left = 0;
    exceeded = true;
    return kept;
  }

  /** Whether something was cut. */
  boolean exceeded() {
    return exceeded;
  }
}
