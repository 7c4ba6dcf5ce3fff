package dev.ringfence.rules;

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
              + "|eyJ[A-Za-z0-9_-]{8,4096}+\\.eyJ[A-Za-z0-9_-]{8,4096}+\\."
              + "|Bearer\\s+[A-Za-z0-9._~+/=-]{12,}"
              + ")"
              + "|-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----"
              + "|[A-Za-z][A-Za-z0-9+.-]{0,30}://[^\\s/@:]{0,256}:[^\\s/@]{1,1024}@");

  private Credentials() {}

  /** Whether any part of the text looks like a credential. */
  public static boolean found(String text) {
    return FORM.matcher(text).find();
  }
}
