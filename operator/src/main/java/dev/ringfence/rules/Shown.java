package dev.ringfence.rules;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.util.Optional;

/**
 * How a value stands in a message: ASCII, one line, at most 60 characters, never a credential,
 * never a whole struct.
 */
final class Shown {
  private static final int LONGEST = 60;
  static final String REDACTED = "<redacted>";

  private Shown() {}

  /** Empty for objects and lists. */
  static Optional<String> of(JsonNode value) {
    if (value.isContainerNode() || value.isMissingNode()) {
      return Optional.empty();
    }
    return Optional.of(
        value.isTextual()
            ? text(value.textValue())
            : cut(value.isNumber() ? number(value) : value.asText()));
  }

  /** A number is the same text however it was written or stored: 1e2, 100.0 and 100 are 100. */
  private static String number(JsonNode value) {
    if (value.isFloat() || value.isDouble()) {
      double d = value.doubleValue();
      if (Double.isNaN(d) || Double.isInfinite(d)) {
        return value.asText();
      }
    }
    BigDecimal number = value.decimalValue().stripTrailingZeros();
    boolean plain = number.scale() < LONGEST && number.precision() - number.scale() < LONGEST;
    return plain ? number.toPlainString() : number.toString();
  }

  static String text(String value) {
    return Credentials.found(value) ? REDACTED : quote(value);
  }

  /** A part of a path that a user chose. */
  static String name(String name) {
    return Credentials.found(name) ? REDACTED : cut(escape(name));
  }

  static String quote(String value) {
    return '"' + cut(escape(value)) + '"';
  }

  private static String cut(String escaped) {
    if (escaped.length() <= LONGEST) {
      return escaped;
    }
    int end = LONGEST;
    // Never through the middle of an escape.
    int escape = escaped.lastIndexOf('\\', end - 1);
    if (escape >= 0 && escape > end - 6) {
      end = escape;
    }
    return escaped.substring(0, end) + "...";
  }

  private static String escape(String value) {
    StringBuilder b = new StringBuilder();
    for (int i = 0; i < value.length() && b.length() <= LONGEST; i++) {
      char c = value.charAt(i);
      switch (c) {
        case '"', '\\' -> b.append('\\').append(c);
        case '\n' -> b.append("\\n");
        case '\t' -> b.append("\\t");
        case '\r' -> b.append("\\r");
        default -> {
          if (c >= ' ' && c < 0x7f) {
            b.append(c);
          } else {
            b.append(String.format("\\u%04x", (int) c));
          }
        }
      }
    }
    return b.toString();
  }
}
