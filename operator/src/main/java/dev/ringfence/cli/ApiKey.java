package dev.ringfence.cli;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * A new API key.
 *
 * @param key for the client; 43 characters of randomness
 * @param line for the Secret: its digest
 */
record ApiKey(String key, String line) {
  private static final Pattern ID = Pattern.compile("[A-Za-z0-9._-]{1,64}");

  /** Entries by which the guard knows a Secret that was never meant to hold keys. */
  private static final Set<String> RESERVED =
      Set.of(
          "tls.crt",
          "tls.key",
          "ca.crt",
          "token",
          "namespace",
          ".dockerconfigjson",
          "username",
          "password",
          "ssh-privatekey");

  static final String ID_RULE =
      "a key id has 1 to 64 letters, digits and . _ - and is no name that other Secrets use, such"
          + " as tls.crt or token; choose another";

  static boolean isId(String id) {
    return ID.matcher(id).matches()
        && !RESERVED.contains(id)
        && !id.equals(".")
        && !id.startsWith("..");
  }

  static ApiKey fresh() {
    byte[] random = new byte[32];
    new SecureRandom().nextBytes(random);
    String key = "rf-" + Base64.getUrlEncoder().withoutPadding().encodeToString(random);
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.US_ASCII));
      return new ApiKey(key, "sha256:" + HexFormat.of().formatHex(digest));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  /** Not even a debugger's listing shows it. */
  @Override
  public String toString() {
    return line;
  }
}
