package dev.ringfence.guard.json;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reads one JSON text (RFC 8259), strictly: UTF-8 without byte order mark, no doubled member names,
 * no lone surrogates, no number beyond a double, nothing behind the value, and bounds on depth,
 * number of values and length of names and numbers. Where two parsers could read a text
 * differently, it is refused.
 */
public final class JsonReader {

  /**
   * What a text may hold at most.
   *
   * @param depth nested arrays and objects
   * @param values values of any kind, those in arrays and objects included
   * @param nameLength UTF-16 units of a member's name
   */
  public record Bounds(int depth, int values, int nameLength) {
    /** For what clients send. */
    public static final Bounds REQUEST = new Bounds(32, 20_000, 256);

    /**
     * For what the engine answers: a tree of so many parts takes some 40 MB while it is rebuilt.
     */
    public static final Bounds ANSWER = new Bounds(64, 600_000, 4096);

    /** For model files and documents of our own. */
    public static final Bounds LARGE = new Bounds(64, 4_000_000, 4096);
  }

  /** Longest text of a number. */
  private static final int NUMBER_LENGTH = 64;

  /**
   * Digits of an exponent: beyond a double's three, parsers differ even where the value is zero.
   */
  private static final int EXPONENT_LENGTH = 4;

  private final byte[] in;
  private final int end;
  private final Bounds bounds;
  private final Set<String> raw;
  private int at;
  private int depth;
  private int values;

  private JsonReader(byte[] in, int from, int to, Bounds bounds, Set<String> raw) {
    this.in = in;
    this.at = from;
    this.end = to;
    this.bounds = bounds;
    this.raw = raw;
  }

  public static Json read(byte[] text, Bounds bounds) throws JsonFault {
    return read(text, 0, text.length, bounds, Set.of());
  }

  /**
   * Reads the bytes from..to.
   *
   * @param raw names of members whose values are checked but not built
   */
  public static Json read(byte[] text, int from, int to, Bounds bounds, Set<String> raw)
      throws JsonFault {
    JsonReader r = new JsonReader(text, from, to, bounds, raw);
    r.blanks();
    Json value = r.value(true);
    r.blanks();
    if (r.at < r.end) {
      throw new JsonFault("has something behind its value");
    }
    return value;
  }

  private static JsonFault broken() {
    return new JsonFault("is not JSON");
  }

  private void blanks() {
    while (at < end) {
      byte c = in[at];
      if (c != ' ' && c != '\n' && c != '\r' && c != '\t') {
        return;
      }
      at++;
    }
  }

  private Json value(boolean build) throws JsonFault {
    if (++values > bounds.values()) {
      throw new JsonFault("holds too many values");
    }
    if (at >= end) {
      throw broken();
    }
    return switch (in[at]) {
      case '{' -> object(build);
      case '[' -> array(build);
      case '"' -> new Json.Str(string());
      case 't' -> word("true", Json.Bool.TRUE);
      case 'f' -> word("false", Json.Bool.FALSE);
      case 'n' -> word("null", Json.Null.NULL);
      default -> number();
    };
  }

  private Json word(String word, Json value) throws JsonFault {
    if (end - at < word.length()) {
      throw broken();
    }
    for (int i = 0; i < word.length(); i++) {
      if (in[at + i] != word.charAt(i)) {
        throw broken();
      }
    }
    at += word.length();
    return value;
  }

  private void deeper() throws JsonFault {
    if (++depth > bounds.depth()) {
      throw new JsonFault("is nested too deep");
    }
    at++;
    blanks();
  }

  private Json object(boolean build) throws JsonFault {
    deeper();
    Map<String, Json> members = new LinkedHashMap<>();
    if (at < end && in[at] == '}') {
      at++;
      depth--;
      return new Json.Obj(members);
    }
    while (true) {
      if (at >= end || in[at] != '"') {
        throw broken();
      }
      String name = string();
      if (name.length() > bounds.nameLength()) {
        throw new JsonFault("holds a member with a name that is too long");
      }
      blanks();
      if (at >= end || in[at] != ':') {
        throw broken();
      }
      at++;
      blanks();
      Json value;
      if (build && raw.contains(name)) {
        int from = at;
        value(false);
        value = new Json.Raw(in, from, at);
      } else {
        value = value(build);
      }
      if (members.putIfAbsent(name, build ? value : Json.Null.NULL) != null) {
        throw new JsonFault("holds the same member twice");
      }
      blanks();
      if (at >= end) {
        throw broken();
      }
      byte c = in[at++];
      if (c == '}') {
        depth--;
        return new Json.Obj(members);
      }
      if (c != ',') {
        throw broken();
      }
      blanks();
    }
  }

  private Json array(boolean build) throws JsonFault {
    deeper();
    List<Json> items = new ArrayList<>();
    if (at < end && in[at] == ']') {
      at++;
      depth--;
      return new Json.Arr(items);
    }
    while (true) {
      Json value = value(build);
      if (build) {
        items.add(value);
      }
      blanks();
      if (at >= end) {
        throw broken();
      }
      byte c = in[at++];
      if (c == ']') {
        depth--;
        return new Json.Arr(items);
      }
      if (c != ',') {
        throw broken();
      }
      blanks();
    }
  }

  private Json number() throws JsonFault {
    int from = at;
    if (peek() == '-') {
      at++;
    }
    if (peek() == '0') {
      at++;
    } else {
      digits();
    }
    boolean exponent = false;
    if (peek() == '.') {
      at++;
      digits();
    }
    if (peek() == 'e' || peek() == 'E') {
      exponent = true;
      at++;
      if (peek() == '+' || peek() == '-') {
        at++;
      }
      int power = at;
      digits();
      if (at - power > EXPONENT_LENGTH) {
        throw new JsonFault("holds a number that is too long");
      }
    }
    if (at - from > NUMBER_LENGTH) {
      throw new JsonFault("holds a number that is too long");
    }
    String token = new String(in, from, at - from, StandardCharsets.ISO_8859_1);
    if (exponent && Double.isInfinite(Double.parseDouble(token))) {
      throw new JsonFault("holds a number that is too large");
    }
    return new Json.Num(token);
  }

  private int peek() {
    return at < end ? in[at] : -1;
  }

  private void digits() throws JsonFault {
    int from = at;
    while (at < end && in[at] >= '0' && in[at] <= '9') {
      at++;
    }
    if (at == from) {
      throw broken();
    }
  }

  /** Reads a string whose opening quote is next. */
  private String string() throws JsonFault {
    int from = ++at;
    // Most strings are plain ASCII: one look, one copy.
    while (at < end) {
      byte c = in[at];
      if (c == '"') {
        String text = new String(in, from, at - from, StandardCharsets.ISO_8859_1);
        at++;
        return text;
      }
      if (c == '\\' || c < 0) {
        return slowString(from);
      }
      if (c < 0x20) {
        throw new JsonFault("holds a control character in a string");
      }
      at++;
    }
    throw broken();
  }

  private String slowString(int from) throws JsonFault {
    StringBuilder text = new StringBuilder(Math.max(32, (at - from) * 2));
    for (int i = from; i < at; i++) {
      text.append((char) in[i]);
    }
    while (at < end) {
      int c = in[at];
      if (c == '"') {
        at++;
        return text.toString();
      }
      if (c == '\\') {
        at++;
        escape(text);
      } else if (c < 0) {
        utf8(text);
      } else if (c < 0x20) {
        throw new JsonFault("holds a control character in a string");
      } else {
        text.append((char) c);
        at++;
      }
    }
    throw broken();
  }

  private void escape(StringBuilder text) throws JsonFault {
    if (at >= end) {
      throw broken();
    }
    switch (in[at++]) {
      case '"' -> text.append('"');
      case '\\' -> text.append('\\');
      case '/' -> text.append('/');
      case 'b' -> text.append('\b');
      case 'f' -> text.append('\f');
      case 'n' -> text.append('\n');
      case 'r' -> text.append('\r');
      case 't' -> text.append('\t');
      case 'u' -> {
        char first = hex4();
        text.append(first);
        if (Character.isLowSurrogate(first)) {
          throw loneSurrogate();
        }
        if (Character.isHighSurrogate(first)) {
          if (end - at < 6 || in[at] != '\\' || in[at + 1] != 'u') {
            throw loneSurrogate();
          }
          at += 2;
          char second = hex4();
          if (!Character.isLowSurrogate(second)) {
            throw loneSurrogate();
          }
          text.append(second);
        }
      }
      default -> throw broken();
    }
  }

  private static JsonFault loneSurrogate() {
    return new JsonFault("holds half of a character");
  }

  private char hex4() throws JsonFault {
    if (end - at < 4) {
      throw broken();
    }
    int value = 0;
    for (int i = 0; i < 4; i++) {
      int c = in[at++];
      int digit;
      if (c >= '0' && c <= '9') {
        digit = c - '0';
      } else if (c >= 'a' && c <= 'f') {
        digit = c - 'a' + 10;
      } else if (c >= 'A' && c <= 'F') {
        digit = c - 'A' + 10;
      } else {
        throw broken();
      }
      value = (value << 4) | digit;
    }
    return (char) value;
  }

  /**
   * One character of two to four bytes, in its shortest form, no surrogate, not beyond U+10FFFF.
   */
  private void utf8(StringBuilder text) throws JsonFault {
    int first = in[at++] & 0xff;
    int more;
    int least;
    int code;
    if (first >= 0xc2 && first <= 0xdf) {
      more = 1;
      least = 0x80;
      code = first & 0x1f;
    } else if (first >= 0xe0 && first <= 0xef) {
      more = 2;
      least = 0x800;
      code = first & 0x0f;
    } else if (first >= 0xf0 && first <= 0xf4) {
      more = 3;
      least = 0x10000;
      code = first & 0x07;
    } else {
      throw notUtf8();
    }
    if (end - at < more) {
      throw notUtf8();
    }
    for (int i = 0; i < more; i++) {
      int next = in[at++] & 0xff;
      if ((next & 0xc0) != 0x80) {
        throw notUtf8();
      }
      code = (code << 6) | (next & 0x3f);
    }
    if (code < least || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) {
      throw notUtf8();
    }
    text.appendCodePoint(code);
  }

  private static JsonFault notUtf8() {
    return new JsonFault("is not UTF-8");
  }
}
