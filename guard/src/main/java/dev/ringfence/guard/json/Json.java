package dev.ringfence.guard.json;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** A JSON value. Numbers keep their text, so that what is written is what was read. */
public sealed interface Json {

  /** An object; its members keep the order in which they were read or added. */
  record Obj(Map<String, Json> members) implements Json {
    public Obj() {
      this(new LinkedHashMap<>());
    }

    public @Nullable Json get(String name) {
      return members.get(name);
    }

    /** Adds or replaces a member; returns this object. */
    public Obj put(String name, Json value) {
      members.put(name, value);
      return this;
    }

    public Obj put(String name, String value) {
      return put(name, new Str(value));
    }

    public Obj put(String name, long value) {
      return put(name, new Num(Long.toString(value)));
    }

    public Obj put(String name, boolean value) {
      return put(name, value ? Bool.TRUE : Bool.FALSE);
    }
  }

  /** An array. */
  record Arr(List<Json> items) implements Json {}

  /** A string without lone surrogates. */
  record Str(String text) implements Json {}

  /** A number as it was written; finite as a double. */
  record Num(String token) implements Json {
    /** Whether it was written without fraction and exponent. */
    public boolean isInteger() {
      for (int i = 0; i < token.length(); i++) {
        char c = token.charAt(i);
        if (c == '.' || c == 'e' || c == 'E') {
          return false;
        }
      }
      return true;
    }

    /** The value of an integer token that fits 64 bits. */
    public OptionalLong asLong() {
      if (!isInteger() || token.length() > 20) {
        return OptionalLong.empty();
      }
      try {
        return OptionalLong.of(Long.parseLong(token));
      } catch (NumberFormatException e) {
        return OptionalLong.empty();
      }
    }

    public double asDouble() {
      return Double.parseDouble(token);
    }
  }

  /** true or false. */
  enum Bool implements Json {
    TRUE,
    FALSE
  }

  /** null. */
  enum Null implements Json {
    NULL
  }

  /** A value that was checked but not built: its text, which is valid JSON. */
  final class Raw implements Json {
    private final byte[] source;
    private final int from;
    private final int to;

    Raw(byte[] source, int from, int to) {
      this.source = source;
      this.from = from;
      this.to = to;
    }

    void write(Bytes out) {
      out.add(source, from, to - from);
    }
  }
}
