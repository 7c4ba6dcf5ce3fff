package dev.ringfence.guard.model;

import dev.ringfence.guard.Rule;
import dev.ringfence.guard.json.Json;
import dev.ringfence.guard.json.JsonFault;
import dev.ringfence.guard.json.JsonReader;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/**
 * The header of a safetensors file: every tensor within the file, none over another, no byte
 * unaccounted for.
 */
public final class Safetensors {
  /** Bytes before the header: its length. */
  public static final int PREFIX = 8;

  /** What the format's own library reads at most. */
  private static final long MOST_HEADER = 100_000_000;

  private static final int MOST_DIMENSIONS = 32;
  private static final Map<String, Integer> BITS =
      Map.ofEntries(
          Map.entry("BOOL", 8),
          Map.entry("F4", 4),
          Map.entry("F6_E2M3", 6),
          Map.entry("F6_E3M2", 6),
          Map.entry("U8", 8),
          Map.entry("I8", 8),
          Map.entry("F8_E5M2", 8),
          Map.entry("F8_E4M3", 8),
          Map.entry("F8_E8M0", 8),
          Map.entry("I16", 16),
          Map.entry("U16", 16),
          Map.entry("F16", 16),
          Map.entry("BF16", 16),
          Map.entry("I32", 32),
          Map.entry("U32", 32),
          Map.entry("F32", 32),
          Map.entry("C64", 64),
          Map.entry("F64", 64),
          Map.entry("I64", 64),
          Map.entry("U64", 64));

  private record Span(long from, long to) {}

  private Safetensors() {}

  private static ModelFault fault(String file, String message) {
    return new ModelFault(Rule.SAFETENSORS_ONLY, file, message);
  }

  /** The length of the header that the first bytes announce. */
  public static int headerLength(String file, byte[] prefix, long fileSize) throws ModelFault {
    if (prefix.length < PREFIX || fileSize < PREFIX + 2) {
      throw fault(file, "is too short for a safetensors file");
    }
    long length = 0;
    for (int i = PREFIX - 1; i >= 0; i--) {
      length = (length << 8) | (prefix[i] & 0xff);
    }
    if (length < 2 || length > MOST_HEADER || length > fileSize - PREFIX) {
      throw fault(file, "has a header length that is out of range, so it is no safetensors file");
    }
    return (int) length;
  }

  /** Judges a header against the size of its file. */
  public static void check(String file, byte[] header, long fileSize) throws ModelFault {
    Json json;
    try {
      if (header[0] != '{') {
        throw new JsonFault("is not JSON");
      }
      json = JsonReader.read(header, JsonReader.Bounds.LARGE);
    } catch (JsonFault e) {
      throw fault(file, "has a header that " + e.reason());
    }
    if (!(json instanceof Json.Obj tensors)) {
      throw fault(file, "has a header that is no object");
    }
    long data = fileSize - PREFIX - header.length;
    List<Span> spans = new ArrayList<>();
    for (Map.Entry<String, Json> e : tensors.members().entrySet()) {
      if (e.getKey().equals("__metadata__")) {
        if (!(e.getValue() instanceof Json.Obj m)
            || !m.members().values().stream().allMatch(Json.Str.class::isInstance)) {
          throw fault(file, "has metadata that are no texts");
        }
      } else {
        spans.add(span(file, e.getValue(), data));
      }
    }
    spans.sort(Comparator.comparingLong(Span::from).thenComparingLong(Span::to));
    long at = 0;
    for (Span s : spans) {
      if (s.from() != at) {
        throw fault(
            file,
            s.from() < at ? "has tensors that overlap" : "has bytes that belong to no tensor");
      }
      at = s.to();
    }
    if (at != data) {
      throw fault(file, "has bytes that belong to no tensor");
    }
  }

  private static Span span(String file, Json value, long data) throws ModelFault {
    if (!(value instanceof Json.Obj t)
        || t.members().size() != 3
        || !(t.get("dtype") instanceof Json.Str dtype)
        || !(t.get("shape") instanceof Json.Arr shape)
        || !(t.get("data_offsets") instanceof Json.Arr offsets)
        || offsets.items().size() != 2
        || shape.items().size() > MOST_DIMENSIONS) {
      throw fault(file, "has a tensor that is not described as it should be");
    }
    Integer bits = BITS.get(dtype.text());
    if (bits == null) {
      throw fault(file, "has a tensor of a type that is not known");
    }
    long from = whole(file, offsets.items().get(0));
    long to = whole(file, offsets.items().get(1));
    if (from > to || to > data) {
      throw fault(file, "has a tensor beyond the end of the file");
    }
    long elements = 1;
    try {
      for (Json dimension : shape.items()) {
        elements = Math.multiplyExact(elements, whole(file, dimension));
      }
      if (Math.multiplyExact(elements, (long) bits) != Math.multiplyExact(to - from, 8L)) {
        throw fault(file, "has a tensor whose shape and bytes do not agree");
      }
    } catch (ArithmeticException e) {
      throw fault(file, "has a tensor of an impossible shape");
    }
    return new Span(from, to);
  }

  private static long whole(String file, Json value) throws ModelFault {
    OptionalLong n = value instanceof Json.Num num ? num.asLong() : OptionalLong.empty();
    if (n.isEmpty() || n.getAsLong() < 0) {
      throw fault(file, "has a tensor with a number that is no size");
    }
    return n.getAsLong();
  }
}
