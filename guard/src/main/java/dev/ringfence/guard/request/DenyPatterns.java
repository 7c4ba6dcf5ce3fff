package dev.ringfence.guard.request;

import com.google.re2j.Pattern;
import java.text.Normalizer;
import java.util.List;

/** The policy's deny patterns, over normalised text: a trip-wire for the lazy, not a wall. */
public final class DenyPatterns {
  private final List<Pattern> patterns;

  public DenyPatterns(List<Pattern> patterns) {
    this.patterns = patterns;
  }

  /**
   * Whether a pattern is found in one of the texts, or in those that reach the template joined by
   * line breaks.
   *
   * @param prompt what reaches the template, in its order
   * @param other further text of the request
   */
  public boolean found(List<String> prompt, List<String> other) {
    if (patterns.isEmpty()) {
      return false;
    }
    for (String text : prompt) {
      if (in(text)) {
        return true;
      }
    }
    for (String text : other) {
      if (in(text)) {
        return true;
      }
    }
    return prompt.size() > 1 && in(String.join("\n", prompt));
  }

  private boolean in(String text) {
    String lines = normalized(text);
    if (matches(lines)) {
      return true;
    }
    String oneLine = collapsed(lines);
    return !oneLine.equals(lines) && matches(oneLine);
  }

  private boolean matches(String text) {
    for (Pattern p : patterns) {
      if (p.matcher(text).find()) {
        return true;
      }
    }
    return false;
  }

  /** NFKC, without format characters, every line separator a line feed. */
  static String normalized(String text) {
    boolean plain = true;
    for (int i = 0; i < text.length() && plain; i++) {
      char c = text.charAt(i);
      plain = c < 0x80 && c != '\r';
    }
    if (plain) {
      return text;
    }
    String nfkc = Normalizer.normalize(text, Normalizer.Form.NFKC);
    StringBuilder out = new StringBuilder(nfkc.length());
    for (int i = 0; i < nfkc.length(); ) {
      int c = nfkc.codePointAt(i);
      i += Character.charCount(c);
      if (c == '\r' || c == 0x85 || c == 0x2028 || c == 0x2029) {
        if (c != '\r' || i >= nfkc.length() || nfkc.charAt(i) != '\n') {
          out.append('\n');
        }
      } else if (Character.getType(c) != Character.FORMAT) {
        out.appendCodePoint(c);
      }
    }
    return out.toString();
  }

  /** Every run of white space as one blank. */
  static String collapsed(String text) {
    StringBuilder out = new StringBuilder(text.length());
    boolean inBlanks = false;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean blank =
          c <= 0x20
              ? c == ' ' || (c >= '\t' && c <= '\r') || c >= 0x1c
              : c >= 0x80 && (Character.isWhitespace(c) || Character.isSpaceChar(c) || c == 0x85);
      if (!blank) {
        out.append(c);
      } else if (!inBlanks) {
        out.append(' ');
      }
      inBlanks = blank;
    }
    return out.toString();
  }
}
