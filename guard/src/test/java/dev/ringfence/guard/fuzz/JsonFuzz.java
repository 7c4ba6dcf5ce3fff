package dev.ringfence.guard.fuzz;

import dev.ringfence.guard.json.Json;
import dev.ringfence.guard.json.JsonFault;
import dev.ringfence.guard.json.JsonReader;
import dev.ringfence.guard.json.JsonScan;
import dev.ringfence.guard.json.JsonText;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The reader and the scanner against another parser: what ours takes, that one reads as the same.
 */
public final class JsonFuzz {
  private static final JsonMapper OTHER =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .build();

  private JsonFuzz() {}

  public static void fuzzerTestOneInput(byte[] input) {
    Json ours;
    try {
      ours = JsonReader.read(input, JsonReader.Bounds.REQUEST);
    } catch (JsonFault e) {
      return;
    }
    same(ours, OTHER.readTree(input));
    String text = JsonText.of(ours);
    same(ours, OTHER.readTree(text));
    try {
      Json again =
          JsonReader.read(text.getBytes(StandardCharsets.UTF_8), JsonReader.Bounds.REQUEST);
      if (!JsonText.of(again).equals(text)) {
        throw new AssertionError("writing what was read changes it");
      }
      JsonScan.scan(new ByteArrayInputStream(input), (name, kind, value) -> {});
    } catch (JsonFault | IOException e) {
      throw new AssertionError("what was read once is not read again", e);
    }
  }

  private static void same(Json ours, JsonNode other) {
    boolean same =
        switch (ours) {
          case Json.Obj o -> other.isObject() && members(o.members(), other);
          case Json.Arr a -> other.isArray() && items(a.items(), other);
          case Json.Str s -> other.isString() && s.text().equals(other.asString());
          case Json.Num n ->
              other.isNumber()
                  && new java.math.BigDecimal(n.token()).compareTo(other.decimalValue()) == 0
                  && (n.asLong().isEmpty() || other.isIntegralNumber());
          case Json.Bool b -> other.isBoolean() && (b == Json.Bool.TRUE) == other.asBoolean();
          case Json.Null n -> other.isNull();
          case Json.Raw r -> true;
        };
    if (!same) {
      throw new AssertionError("the other parser reads something else");
    }
  }

  private static boolean members(Map<String, Json> ours, JsonNode other) {
    ours.forEach(
        (name, v) -> {
          JsonNode o = other.get(name);
          if (o == null) {
            throw new AssertionError("the other parser lacks a member");
          }
          same(v, o);
        });
    return ours.size() == other.size();
  }

  private static boolean items(List<Json> ours, JsonNode other) {
    for (int i = 0; i < ours.size() && i < other.size(); i++) {
      same(ours.get(i), other.get(i));
    }
    return ours.size() == other.size();
  }
}
