package dev.ringfence.render;

import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Writes maps, lists, texts, whole numbers, decimals and booleans as JSON with members sorted by
 * name. The same value always gives the same bytes.
 */
final class Json {
  private final StringBuilder out = new StringBuilder();
  private final boolean indented;

  private Json(boolean indented) {
    this.indented = indented;
  }

  /** The canonical form of {@code docs/guard-policy.md}: no blank outside texts. */
  static String canonical(Object value) {
    Json json = new Json(false);
    json.write(value, 0);
    return json.out.toString();
  }

  /**
   * The same value for readers, a member a line, with a final line break; characters that cannot be
   * seen, or turn text around, are escaped.
   */
  static String indented(Object value) {
    Json json = new Json(true);
    json.write(value, 0);
    return json.out.append('\n').toString();
  }

  private void write(Object value, int depth) {
    switch (value) {
      case Map<?, ?> m -> {
        TreeMap<String, Object> sorted = new TreeMap<>();
        m.forEach((k, v) -> sorted.put((String) k, v));
        open('{', sorted.isEmpty());
        sorted.forEach(
            (k, v) -> {
              member(depth + 1);
              text(k);
              out.append(indented ? ": " : ":");
              write(v, depth + 1);
            });
        close('}', depth, sorted.isEmpty());
      }
      case List<?> l -> {
        open('[', l.isEmpty());
        for (Object v : l) {
          member(depth + 1);
          write(v, depth + 1);
        }
        close(']', depth, l.isEmpty());
      }
      case String s -> text(s);
      case BigDecimal d ->
          out.append(d.signum() == 0 ? "0" : d.stripTrailingZeros().toPlainString());
      case Integer i -> out.append(i);
      case Long i -> out.append(i);
      case Boolean b -> out.append(b);
      default -> throw new IllegalArgumentException("no JSON: " + value.getClass());
    }
  }

  private void open(char bracket, boolean empty) {
    out.append(bracket);
    first = !empty;
  }

  private boolean first;

  private void member(int depth) {
    if (!first) {
      out.append(',');
    }
    first = false;
    if (indented) {
      out.append('\n').repeat("  ", depth);
    }
  }

  private void close(char bracket, int depth, boolean empty) {
    if (indented && !empty) {
      out.append('\n').repeat("  ", depth);
    }
    out.append(bracket);
    first = false;
  }

  private void text(String s) {
    out.append('"');
    s.codePoints()
        .forEach(
            c -> {
              switch (c) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\b' -> out.append("\\b");
                case '\f' -> out.append("\\f");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                default -> {
                  if (c < 0x20 || (indented && hidden(c))) {
                    for (char unit : Character.toChars(c)) {
                      out.append(String.format("\\u%04x", (int) unit));
                    }
                  } else {
                    out.appendCodePoint(c);
                  }
                }
              }
            });
    out.append('"');
  }

  private static boolean hidden(int codePoint) {
    return switch (Character.getType(codePoint)) {
      case Character.FORMAT,
          Character.CONTROL,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.SURROGATE ->
          true;
      default -> false;
    };
  }
}
