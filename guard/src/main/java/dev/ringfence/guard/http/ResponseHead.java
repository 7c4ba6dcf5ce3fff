package dev.ringfence.guard.http;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The head of an engine's answer. The engine is treated as a peer of unknown manners: what is not
 * plain HTTP/1.1 is refused.
 *
 * @param contentLength bytes of the body, or -1 where it is chunked or ends with the connection
 * @param contentType in lower case, without parameters, or empty
 * @param closes the connection is not to be used again
 */
public record ResponseHead(
    int status, long contentLength, boolean chunked, String contentType, boolean closes) {

  private static final int MOST_BYTES = 16 * 1024;

  /** A head and where it ends. */
  public record Parsed(ResponseHead head, int end) {}

  /** What is not an answer of HTTP/1.1. */
  public static final class Malformed extends Exception {
    private static final long serialVersionUID = 1L;

    Malformed(String message) {
      super(message, null, false, false);
    }
  }

  /** Reads a head from the first bytes; null while it is not complete. */
  public static @Nullable Parsed parse(byte[] in, int size) throws Malformed {
    int end = -1;
    for (int i = 3; i < size; i++) {
      if (in[i] == '\n' && in[i - 1] == '\r' && in[i - 2] == '\n' && in[i - 3] == '\r') {
        end = i + 1;
        break;
      }
    }
    if (end < 0) {
      for (int i = 0; i < Math.min(size, 5); i++) {
        if (in[i] != "HTTP/".charAt(i)) {
          throw new Malformed("not HTTP");
        }
      }
      if (size > MOST_BYTES) {
        throw new Malformed("head too large");
      }
      return null;
    }
    String text = new String(in, 0, end - 2, StandardCharsets.ISO_8859_1);
    String[] lines = text.split("\r\n", -1);
    String line = lines[0];
    if (line.length() < 12
        || !(line.startsWith("HTTP/1.1 ") || line.startsWith("HTTP/1.0 "))
        || (line.length() > 12 && line.charAt(12) != ' ')) {
      throw new Malformed("not HTTP/1.1");
    }
    int status = 0;
    for (int i = 9; i < 12; i++) {
      int digit = line.charAt(i) - '0';
      if (digit < 0 || digit > 9) {
        throw new Malformed("no status");
      }
      status = status * 10 + digit;
    }
    long contentLength = -1;
    boolean chunked = false;
    String contentType = "";
    boolean closes = line.startsWith("HTTP/1.0");
    for (int i = 1; i < lines.length - 1; i++) {
      int colon = lines[i].indexOf(':');
      if (colon <= 0 || !RequestHead.isToken(lines[i].substring(0, colon))) {
        throw new Malformed("malformed header");
      }
      String value = lines[i].substring(colon + 1).strip();
      switch (lines[i].substring(0, colon).toLowerCase(Locale.ROOT)) {
        case "content-length" -> {
          if (contentLength >= 0 || value.isEmpty() || value.length() > 18 || !digits(value)) {
            throw new Malformed("bad Content-Length");
          }
          contentLength = Long.parseLong(value);
        }
        case "transfer-encoding" -> {
          if (chunked || !value.equalsIgnoreCase("chunked")) {
            throw new Malformed("bad Transfer-Encoding");
          }
          chunked = true;
        }
        case "content-type" -> {
          int semicolon = value.indexOf(';');
          contentType =
              (semicolon < 0 ? value : value.substring(0, semicolon))
                  .strip()
                  .toLowerCase(Locale.ROOT);
        }
        case "connection" -> closes |= value.toLowerCase(Locale.ROOT).contains("close");
        default -> {}
      }
    }
    if (chunked && contentLength >= 0) {
      throw new Malformed("Content-Length beside Transfer-Encoding");
    }
    if (status == 204 || status == 304 || status < 200) {
      contentLength = 0;
      chunked = false;
    }
    return new Parsed(new ResponseHead(status, contentLength, chunked, contentType, closes), end);
  }

  private static boolean digits(String value) {
    return value.chars().allMatch(c -> c >= '0' && c <= '9');
  }
}
