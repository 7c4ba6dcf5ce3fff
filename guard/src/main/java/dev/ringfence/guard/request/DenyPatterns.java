package dev.ringfence.guard.request;

import com.google.re2j.LazyDfa;
import com.google.re2j.Pattern;
import java.text.Normalizer;
import java.util.List;

/** The policy's deny patterns, over normalised text: a trip-wire for the lazy, not a wall. */
public final class DenyPatterns {
  private final boolean none;
  private final LazyDfa patterns;
  private final boolean knowsEndsOfText;

  public DenyPatterns(List<Pattern> patterns) {
    this.none = patterns.isEmpty();
    this.patterns = new LazyDfa(patterns);
    this.knowsEndsOfText = this.patterns.knowsEndsOfText();
  }

  /**
   * Whether a pattern is found in one of the texts, or in those that reach the template joined by
   * line breaks.
   *
   * @param prompt what reaches the template, in its order
   * @param other further text of the request
   */
  public boolean found(List<String> prompt, List<String> other) {
    if (none) {
      return false;
    }
    for (String text : other) {
      if (in(text, true)) {
        return true;
      }
    }
    boolean several = prompt.size() > 1;
    for (String text : prompt) {
      // A line break ends a line as the end of a text does: what is found in a text is found in the
      // joined one.
      if (in(text, !several || knowsEndsOfText)) {
        return true;
      }
    }
    return several && in(String.join("\n", prompt), true);
  }

  private boolean in(String text, boolean keepingLines) {
    String lines = normalized(text);
    if (keepingLines && patterns.find(lines)) {
      return true;
    }
    String oneLine = collapsed(lines);
    return !oneLine.equals(lines) && patterns.find(oneLine);
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

  private static boolean isBlank(char c) {
    return c <= 0x20
        ? c == ' ' || (c >= '\t' && c <= '\r') || c >= 0x1c
        : c >= 0x80 && (Character.isWhitespace(c) || Character.isSpaceChar(c) || c == 0x85);
  }

  private static boolean single(String text, int blank) {
    return blank + 1 == text.length() || !isBlank(text.charAt(blank + 1));
  }

  /** Every run of white space as one blank. */
  static String collapsed(String text) {
    int n = text.length();
    int i = 0;
    // Most texts have single blanks only.
    for (; i < n; i++) {
      char c = text.charAt(i);
      if (isBlank(c) && !(c == ' ' && single(text, i))) {
        break;
      }
    }
    if (i == n) {
      return text;
    }
    StringBuilder out = new StringBuilder(n).append(text, 0, i);
    while (i < n) {
      if (isBlank(text.charAt(i))) {
        out.append(' ');
        while (i < n && isBlank(text.charAt(i))) {
          i++;
        }
      }
      // Whole words at a time.
      int word = i;
      while (i < n && (text.charAt(i) == ' ' ? single(text, i) : !isBlank(text.charAt(i)))) {
        i++;
      }
      out.append(text, word, i);
    }
    return out.toString();
  }
}
