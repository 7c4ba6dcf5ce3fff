package dev.ringfence.guard.http;

import dev.ringfence.guard.Rule;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The head of a request: what the guard acts on, and nothing else of what the client sent.
 *
 * @param contentLength bytes of the body, or -1 where none was announced
 * @param authorizations values of every Authorization header
 * @param apiKeys values of every X-API-Key header
 * @param close the client asks for the connection to be closed
 */
public record RequestHead(
    String method,
    String target,
    long contentLength,
    boolean chunked,
    @Nullable String contentType,
    boolean encoded,
    List<String> authorizations,
    List<String> apiKeys,
    boolean expectContinue,
    boolean close) {

  /** Bytes of a head, of one of its lines, and number of its fields. */
  public static final int MOST_BYTES = 16 * 1024;

  private static final int MOST_LINE = 8 * 1024;
  private static final int MOST_FIELDS = 100;

  /** Whether a body follows. */
  public boolean hasBody() {
    return chunked || contentLength > 0;
  }

  /** A head and where it ends, or nothing yet. */
  public record Parsed(RequestHead head, int end) {}

  private static Refused bad(String message) {
    return new Refused(Refusal.of(400, Rule.ENDPOINTS, message));
  }

  private static Refused tooLarge() {
    return new Refused(
        Refusal.of(
            431,
            Rule.ENDPOINTS,
            "the request's head is too large; send fewer and shorter headers"));
  }

  /** Reads a head from the first bytes; null while it is not complete. */
  public static @Nullable Parsed parse(byte[] in, int size) throws Refused {
    int lineStart = 0;
    int fields = 0;
    int i = 0;
    // One pass that refuses what no head may hold, as soon as it is seen.
    for (; i < size; i++) {
      byte c = in[i];
      if (c == '\n') {
        if (i == 0 || in[i - 1] != '\r') {
          throw bad("lines of the request's head must end in CR LF");
        }
        if (i - 1 == lineStart) {
          if (lineStart == 0) {
            throw bad("the request must begin with its request line");
          }
          return new Parsed(head(in, lineStart), i + 1);
        }
        if (++fields > MOST_FIELDS + 1) {
          throw tooLarge();
        }
        lineStart = i + 1;
      } else {
        if (i > 0 && in[i - 1] == '\r') {
          throw bad("lines of the request's head must end in CR LF");
        }
        if ((c >= 0 && c < 0x20 && c != '\r' && c != '\t') || c == 0x7f) {
          throw bad("the request's head holds a control character");
        }
        if (i - lineStart > MOST_LINE) {
          throw tooLarge();
        }
      }
    }
    if (size >= MOST_BYTES) {
      throw tooLarge();
    }
    return null;
  }

  private static RequestHead head(byte[] in, int end) throws Refused {
    String text = new String(in, 0, end, StandardCharsets.ISO_8859_1);
    int eol = text.indexOf("\r\n");
    String line = text.substring(0, eol);
    int first = line.indexOf(' ');
    int last = line.lastIndexOf(' ');
    if (first <= 0 || last == first || line.indexOf(' ', first + 1) != last) {
      throw bad("the request line must be METHOD PATH HTTP/1.1");
    }
    String method = line.substring(0, first);
    String target = line.substring(first + 1, last);
    if (!line.substring(last + 1).equals("HTTP/1.1")) {
      throw bad("the protocol must be HTTP/1.1");
    }
    if (!isToken(method)) {
      throw bad("the method is malformed");
    }
    if (target.isEmpty() || target.charAt(0) != '/') {
      throw bad("the request's target must be a path");
    }
    for (int i = 0; i < target.length(); i++) {
      if (target.charAt(i) <= 0x20 || target.charAt(i) >= 0x7f) {
        throw bad("the request's target must be printable ASCII");
      }
    }
    int hosts = 0;
    long contentLength = -1;
    boolean chunked = false;
    @Nullable String contentType = null;
    boolean encoded = false;
    List<String> authorizations = new ArrayList<>(1);
    List<String> apiKeys = new ArrayList<>(1);
    boolean expectContinue = false;
    boolean close = false;
    int at = eol + 2;
    while (at < end) {
      int stop = text.indexOf("\r\n", at);
      if (stop < 0 || stop > end) {
        stop = end;
      }
      int colon = text.indexOf(':', at);
      if (colon < 0 || colon >= stop) {
        throw bad("a header has no colon");
      }
      String name = text.substring(at, colon);
      if (!isToken(name)) {
        // Also what begins with a blank: folded lines are gone from HTTP/1.1.
        throw bad("a header's name is malformed");
      }
      String value = trim(text, colon + 1, stop);
      switch (name.toLowerCase(Locale.ROOT)) {
        case "host" -> {
          if (++hosts > 1 || !isHost(value)) {
            throw bad("the request must have one Host header");
          }
        }
        case "content-length" -> {
          if (contentLength >= 0 || !isDigits(value)) {
            throw bad("Content-Length must be one number");
          }
          contentLength = Long.parseLong(value);
        }
        case "transfer-encoding" -> {
          if (chunked || !value.equalsIgnoreCase("chunked")) {
            throw bad("Transfer-Encoding must be one chunked");
          }
          chunked = true;
        }
        case "content-type" -> {
          if (contentType != null) {
            throw bad("Content-Type must be there once");
          }
          contentType = value;
        }
        case "content-encoding" -> encoded |= !value.equalsIgnoreCase("identity");
        case "authorization" -> authorizations.add(value);
        case "x-api-key" -> apiKeys.add(value);
        case "expect" -> {
          if (!value.equalsIgnoreCase("100-continue")) {
            throw bad("Expect must be 100-continue");
          }
          expectContinue = true;
        }
        case "connection" -> {
          for (String option : value.split(",", -1)) {
            close |= option.strip().equalsIgnoreCase("close");
          }
        }
        default -> {}
      }
      at = stop + 2;
    }
    if (hosts != 1) {
      throw bad("the request must have one Host header");
    }
    if (chunked && contentLength >= 0) {
      throw bad("Content-Length and Transfer-Encoding exclude each other");
    }
    return new RequestHead(
        method,
        target,
        contentLength,
        chunked,
        contentType,
        encoded,
        authorizations,
        apiKeys,
        expectContinue,
        close);
  }

  private static String trim(String text, int from, int to) {
    while (from < to && (text.charAt(from) == ' ' || text.charAt(from) == '\t')) {
      from++;
    }
    while (to > from && (text.charAt(to - 1) == ' ' || text.charAt(to - 1) == '\t')) {
      to--;
    }
    return text.substring(from, to);
  }

  private static boolean isDigits(String value) {
    if (value.isEmpty() || value.length() > 18) {
      return false;
    }
    for (int i = 0; i < value.length(); i++) {
      if (value.charAt(i) < '0' || value.charAt(i) > '9') {
        return false;
      }
    }
    return true;
  }

  private static boolean isHost(String value) {
    if (value.isEmpty() || value.length() > 255) {
      return false;
    }
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (!(Character.isLetterOrDigit(c) && c < 0x80) && "-._:[]".indexOf(c) < 0) {
        return false;
      }
    }
    return true;
  }

  static boolean isToken(String text) {
    if (text.isEmpty()) {
      return false;
    }
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
          && "!#$%&'*+-.^_`|~".indexOf(c) < 0) {
        return false;
      }
    }
    return true;
  }
}
