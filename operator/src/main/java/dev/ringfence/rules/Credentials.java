package dev.ringfence.rules;

import java.util.List;
import java.util.regex.Pattern;

/**
 * Finds what looks like a credential. The prefixes are those that their issuers publish for secret
 * scanners; hashes, digests and UUIDs are none.
 */
public final class Credentials {
  private static final Pattern FORM =
      Pattern.compile(
          "(?<![A-Za-z0-9])(?:"
              + "hf_[A-Za-z0-9]{16,}"
              + "|sk-[A-Za-z0-9_-]{16,}"
              + "|(?:AKIA|ASIA)[A-Z0-9]{12,}"
              + "|(?:ghp|gho)_[A-Za-z0-9]{16,}"
              + "|github_pat_[A-Za-z0-9_]{16,}"
              + "|glpat-[A-Za-z0-9_-]{16,}"
              + "|nvapi-[A-Za-z0-9_-]{16,}"
              + "|xox[bp]-[A-Za-z0-9-]{16,}"
              + "|AIza[A-Za-z0-9_-]{20,}"
              + "|Bearer\\s+[A-Za-z0-9._~+/=-]{12,}"
              + ")"
              + "|-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----"
              + "|[A-Za-z][A-Za-z0-9+.-]{0,30}://[^\\s/@:]{0,256}:[^\\s/@]{1,1024}@");

  private static final int SHORTEST_PART = 11;

  /** One of these is in whatever the pattern finds; looking for them is far cheaper. */
  private static final List<String> MARKS =
      List.of(
          "hf_",
          "sk-",
          "AKIA",
          "ASIA",
          "ghp_",
          "gho_",
          "github_pat_",
          "glpat-",
          "nvapi-",
          "xox",
          "AIza",
          ".eyJ",
          "Bearer",
          "PRIVATE KEY-----",
          "://");

  /** Of {@code a://:b@}. */
  private static final int SHORTEST = 7;

  private Credentials() {}

  /** Whether any part of the text looks like a credential. */
  public static boolean found(String text) {
    return text.length() >= SHORTEST
        && mayHold(text)
        && (FORM.matcher(text).find() || holdsWebToken(text));
  }

  private static boolean mayHold(String text) {
    for (String mark : MARKS) {
      if (text.contains(mark)) {
        return true;
      }
    }
    return false;
  }

  /**
   * A JSON Web Token: two parts that begin as the Base64 of a JSON object, each ended by a dot.
   * Looked for from the second one on, so that each character is looked at twice at most; a pattern
   * would read a long text anew from each possible start.
   */
  private static boolean holdsWebToken(String text) {
    for (int dot = text.indexOf(".eyJ"); dot >= 0; dot = text.indexOf(".eyJ", dot + 1)) {
      int end = dot + 1;
      while (end < text.length() && isBase64(text.charAt(end))) {
        end++;
      }
      int start = dot;
      while (start > 0 && isBase64(text.charAt(start - 1))) {
        start--;
      }
      int header = text.indexOf("eyJ", start);
      if (end < text.length()
          && text.charAt(end) == '.'
          && end - dot > SHORTEST_PART
          && header >= 0
          && dot - header >= SHORTEST_PART) {
        return true;
      }
    }
    return false;
  }

  private static boolean isBase64(char c) {
    return (c >= 'A' && c <= 'Z')
        || (c >= 'a' && c <= 'z')
        || (c >= '0' && c <= '9')
        || c == '_'
        || c == '-';
  }
}
