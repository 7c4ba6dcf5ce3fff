package dev.ringfence.guard.proxy;

import dev.ringfence.guard.http.Refusal;
import dev.ringfence.guard.json.Bytes;

/** Writes the heads of our own answers: an allow-list by construction. */
final class Answers {
  private Answers() {}

  static String reason(int status) {
    return switch (status) {
      case 200 -> "OK";
      case 400 -> "Bad Request";
      case 401 -> "Unauthorized";
      case 404 -> "Not Found";
      case 405 -> "Method Not Allowed";
      case 408 -> "Request Timeout";
      case 413 -> "Content Too Large";
      case 415 -> "Unsupported Media Type";
      case 429 -> "Too Many Requests";
      case 431 -> "Request Header Fields Too Large";
      case 502 -> "Bad Gateway";
      case 503 -> "Service Unavailable";
      case 504 -> "Gateway Timeout";
      default -> "Status";
    };
  }

  static Bytes head(int status, String contentType, boolean close) {
    Bytes out = new Bytes(768);
    out.ascii("HTTP/1.1 ")
        .ascii(Integer.toString(status))
        .add(' ')
        .ascii(reason(status))
        .ascii("\r\nContent-Type: ")
        .ascii(contentType)
        .ascii("\r\nX-Content-Type-Options: nosniff\r\n");
    if (close) {
      out.ascii("Connection: close\r\n");
    }
    return out;
  }

  static void header(Bytes out, String name, String value) {
    out.ascii(name).ascii(": ").ascii(value).ascii("\r\n");
  }

  /** The headers that belong to a refusal. */
  static void refusalHeaders(Bytes out, Refusal refusal) {
    if (refusal.status() == 401) {
      header(out, "WWW-Authenticate", "Bearer");
    }
    if (refusal.retryAfter() > 0) {
      header(out, "Retry-After", Integer.toString(refusal.retryAfter()));
    }
    if (refusal.allow() != null) {
      header(out, "Allow", refusal.allow());
    }
  }

  static void length(Bytes out, int length) {
    out.ascii("Content-Length: ").ascii(Integer.toString(length)).ascii("\r\n\r\n");
  }
}
