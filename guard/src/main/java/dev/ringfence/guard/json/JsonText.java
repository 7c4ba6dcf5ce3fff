package dev.ringfence.guard.json;

import java.util.Map;
import java.util.TreeMap;

/** Writes JSON in one way only: no blanks, shortest escapes, numbers as they were read. */
public final class JsonText {
  private static final char[] HEX = "0123456789abcdef".toCharArray();

  private JsonText() {}

  public static String of(Json value) {
    Bytes out = new Bytes(256);
    write(value, out);
    return out.toString();
  }

  /** The canonical form of docs/guard-policy.md: as {@link #of}, with members sorted by name. */
  public static byte[] canonical(Json value) {
    Bytes out = new Bytes(1024);
    write(sorted(value), out);
    return out.toArray();
  }

  private static Json sorted(Json value) {
    return switch (value) {
      case Json.Obj o -> {
        Map<String, Json> members = new TreeMap<>();
        o.members().forEach((name, v) -> members.put(name, sorted(v)));
        yield new Json.Obj(members);
      }
      case Json.Arr a -> new Json.Arr(a.items().stream().map(JsonText::sorted).toList());
      default -> value;
    };
  }

  public static void write(Json value, Bytes out) {
    switch (value) {
      case Json.Obj o -> {
        out.add('{');
        boolean first = true;
        for (Map.Entry<String, Json> e : o.members().entrySet()) {
          if (!first) {
            out.add(',');
          }
          first = false;
          string(e.getKey(), out);
          out.add(':');
          write(e.getValue(), out);
        }
        out.add('}');
      }
      case Json.Arr a -> {
        out.add('[');
        for (int i = 0; i < a.items().size(); i++) {
          if (i > 0) {
            out.add(',');
          }
          write(a.items().get(i), out);
        }
        out.add(']');
      }
      case Json.Str s -> string(s.text(), out);
      case Json.Num n -> out.ascii(n.token());
      case Json.Bool b -> out.ascii(b == Json.Bool.TRUE ? "true" : "false");
      case Json.Null n -> out.ascii("null");
      case Json.Raw r -> r.write(out);
    }
  }

  public static void string(String text, Bytes out) {
    int n = text.length();
    out.room(n + 2);
    out.add('"');
    if (isPlain(text)) {
      out.ascii(text).add('"');
      return;
    }
    for (int i = 0; i < n; i++) {
      char c = text.charAt(i);
      if (c < 0x80) {
        if (c == '"' || c == '\\') {
          out.add('\\').add(c);
        } else if (c >= 0x20) {
          out.add(c);
        } else {
          control(c, out);
        }
      } else if (c < 0x800) {
        out.add(0xc0 | (c >> 6)).add(0x80 | (c & 0x3f));
      } else if (Character.isHighSurrogate(c) && i + 1 < n) {
        int code = Character.toCodePoint(c, text.charAt(++i));
        out.add(0xf0 | (code >> 18))
            .add(0x80 | (code >> 12 & 0x3f))
            .add(0x80 | (code >> 6 & 0x3f))
            .add(0x80 | (code & 0x3f));
      } else {
        out.add(0xe0 | (c >> 12)).add(0x80 | (c >> 6 & 0x3f)).add(0x80 | (c & 0x3f));
      }
    }
    out.add('"');
  }

  /** Whether a text stands for itself. */
  private static boolean isPlain(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < 0x20 || c >= 0x80 || c == '"' || c == '\\') {
        return false;
      }
    }
    return true;
  }

  private static void control(char c, Bytes out) {
    out.add('\\');
    switch (c) {
      case '\b' -> out.add('b');
      case '\f' -> out.add('f');
      case '\n' -> out.add('n');
      case '\r' -> out.add('r');
      case '\t' -> out.add('t');
      default -> out.ascii("u00").add(HEX[c >> 4]).add(HEX[c & 15]);
    }
  }
}
