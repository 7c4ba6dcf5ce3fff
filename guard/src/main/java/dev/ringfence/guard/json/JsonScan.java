package dev.ringfence.guard.json;

import java.io.IOException;
import java.io.InputStream;

/**
 * Walks through a JSON text of any length without holding it: tells every member with the kind of
 * its value. As strict as {@link JsonReader} but for doubled names, which a walk that sees both
 * values need not refuse.
 */
public final class JsonScan {

  /** What is told of a member: its name, and its value as far as it is short. */
  public interface Sink {
    /**
     * A member.
     *
     * @param value the text of a string or a word (true, false, null), cut at 256 characters; "{"
     *     or "[" for what holds more; "0" for a number
     */
    void member(String name, Kind kind, String value) throws JsonFault;
  }

  /** Kinds of values. */
  public enum Kind {
    OBJECT,
    ARRAY,
    STRING,
    NUMBER,
    WORD
  }

  private static final int MOST_DEPTH = 128;
  private static final int MOST_NAME = 64 * 1024;
  private static final int KEPT = 256;

  private final InputStream in;
  private final byte[] buffer = new byte[64 * 1024];
  private final Sink sink;
  private final StringBuilder text = new StringBuilder();
  private int at;
  private int end;
  private int depth;

  private JsonScan(InputStream in, Sink sink) {
    this.in = in;
    this.sink = sink;
  }

  /** Walks through the stream to its end. */
  public static void scan(InputStream in, Sink sink) throws IOException, JsonFault {
    JsonScan s = new JsonScan(in, sink);
    s.value(null);
    s.blanks();
    if (s.peek() >= 0) {
      throw new JsonFault("has something behind its value");
    }
  }

  private int peek() throws IOException {
    if (at == end) {
      end = in.read(buffer);
      at = 0;
      if (end <= 0) {
        end = 0;
        return -1;
      }
    }
    return buffer[at] & 0xff;
  }

  private int next() throws IOException {
    int c = peek();
    if (c >= 0) {
      at++;
    }
    return c;
  }

  private static JsonFault broken() {
    return new JsonFault("is not JSON");
  }

  private void blanks() throws IOException {
    while (true) {
      int c = peek();
      if (c != ' ' && c != '\n' && c != '\r' && c != '\t') {
        return;
      }
      at++;
    }
  }

  /** Walks through a value; told as a member when it has a name. */
  private void value(@org.jspecify.annotations.Nullable String name) throws IOException, JsonFault {
    blanks();
    int c = peek();
    switch (c) {
      case '{' -> {
        tell(name, Kind.OBJECT, "{");
        nested(true);
      }
      case '[' -> {
        tell(name, Kind.ARRAY, "[");
        nested(false);
      }
      case '"' -> tell(name, Kind.STRING, string(KEPT));
      case 't' -> tell(name, Kind.WORD, word("true"));
      case 'f' -> tell(name, Kind.WORD, word("false"));
      case 'n' -> tell(name, Kind.WORD, word("null"));
      default -> {
        number();
        tell(name, Kind.NUMBER, "0");
      }
    }
  }

  private void tell(@org.jspecify.annotations.Nullable String name, Kind kind, String value)
      throws JsonFault {
    if (name != null) {
      sink.member(name, kind, value);
    }
  }

  private void nested(boolean object) throws IOException, JsonFault {
    if (++depth > MOST_DEPTH) {
      throw new JsonFault("is nested too deep");
    }
    at++;
    blanks();
    int close = object ? '}' : ']';
    if (peek() == close) {
      at++;
      depth--;
      return;
    }
    while (true) {
      blanks();
      if (object) {
        if (peek() != '"') {
          throw broken();
        }
        String name = string(MOST_NAME);
        blanks();
        if (next() != ':') {
          throw broken();
        }
        value(name);
      } else {
        value(null);
      }
      blanks();
      int c = next();
      if (c == close) {
        depth--;
        return;
      }
      if (c != ',') {
        throw broken();
      }
    }
  }

  private String word(String word) throws IOException, JsonFault {
    for (int i = 0; i < word.length(); i++) {
      if (next() != word.charAt(i)) {
        throw broken();
      }
    }
    return word;
  }

  private void number() throws IOException, JsonFault {
    if (peek() == '-') {
      at++;
    }
    if (peek() == '0') {
      at++;
    } else {
      digits();
    }
    if (peek() == '.') {
      at++;
      digits();
    }
    if (peek() == 'e' || peek() == 'E') {
      at++;
      if (peek() == '+' || peek() == '-') {
        at++;
      }
      digits();
    }
  }

  private void digits() throws IOException, JsonFault {
    int n = 0;
    while (peek() >= '0' && peek() <= '9') {
      at++;
      n++;
    }
    if (n == 0) {
      throw broken();
    }
  }

  private String string(int kept) throws IOException, JsonFault {
    at++;
    text.setLength(0);
    while (true) {
      int c = next();
      if (c < 0) {
        throw broken();
      }
      if (c == '"') {
        return text.toString();
      }
      if (c < 0x20) {
        throw new JsonFault("holds a control character in a string");
      }
      int code = c;
      if (c == '\\') {
        code = escape();
      } else if (c >= 0x80) {
        code = utf8(c);
      }
      if (text.length() < kept) {
        text.appendCodePoint(code);
      } else if (kept == MOST_NAME) {
        throw new JsonFault("holds a member with a name that is too long");
      }
    }
  }

  private int escape() throws IOException, JsonFault {
    return switch (next()) {
      case '"' -> '"';
      case '\\' -> '\\';
      case '/' -> '/';
      case 'b' -> '\b';
      case 'f' -> '\f';
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      case 'u' -> {
        int first = hex4();
        if (!Character.isHighSurrogate((char) first)) {
          // A tokenizer may hold half a character as a token; it is told as what it is.
          yield first;
        }
        if (peek() != '\\') {
          yield first;
        }
        at++;
        if (next() != 'u') {
          throw broken();
        }
        int second = hex4();
        yield Character.isLowSurrogate((char) second)
            ? Character.toCodePoint((char) first, (char) second)
            : 0xfffd;
      }
      default -> throw broken();
    };
  }

  private int hex4() throws IOException, JsonFault {
    int value = 0;
    for (int i = 0; i < 4; i++) {
      int c = next();
      int digit = c < 0x80 ? Character.digit(c, 16) : -1;
      if (digit < 0) {
        throw broken();
      }
      value = (value << 4) | digit;
    }
    return value;
  }

  private int utf8(int first) throws IOException, JsonFault {
    int more =
        first >= 0xc2 && first <= 0xdf
            ? 1
            : first >= 0xe0 && first <= 0xef ? 2 : first >= 0xf0 && first <= 0xf4 ? 3 : 0;
    int least = more == 1 ? 0x80 : more == 2 ? 0x800 : 0x10000;
    int code = first & (0x3f >> more);
    for (int i = 0; i < more; i++) {
      int c = next();
      if (c < 0 || (c & 0xc0) != 0x80) {
        throw new JsonFault("is not UTF-8");
      }
      code = (code << 6) | (c & 0x3f);
    }
    if (more == 0 || code < least || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) {
      throw new JsonFault("is not UTF-8");
    }
    return code;
  }
}
