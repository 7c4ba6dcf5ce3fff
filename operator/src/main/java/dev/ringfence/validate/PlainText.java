package dev.ringfence.validate;

import dev.ringfence.rules.Credentials;

/** A user's text in a report: printable ASCII, at most 80 characters, no credential. */
final class PlainText {
  private PlainText() {}

  static String of(String text) {
    if (Credentials.found(text)) {
      return "<redacted>";
    }
    StringBuilder b = new StringBuilder();
    for (int i = 0; i < text.length() && i < 80; i++) {
      char c = text.charAt(i);
      b.append(c >= ' ' && c < 0x7f ? c : '?');
    }
    return text.length() > 80 ? b + "..." : b.toString();
  }
}
