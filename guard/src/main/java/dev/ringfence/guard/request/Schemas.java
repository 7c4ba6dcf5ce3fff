package dev.ringfence.guard.request;

import dev.ringfence.guard.Rule;
import dev.ringfence.guard.http.Refused;
import dev.ringfence.guard.json.Json;
import dev.ringfence.guard.json.JsonText;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;

/** JSON schemas that clients send: they become grammars in the engine, so they are bounded. */
final class Schemas {
  private static final int MOST_BYTES = 16 * 1024;
  private static final int MOST_DEPTH = 16;
  private static final long MOST_REPEATS = 4096;

  /** Members whose own members are names that the client chose. */
  private static final Set<String> MAPS =
      Set.of("properties", "$defs", "definitions", "dependentSchemas");

  /** Members that the engine would compile from text. */
  private static final Set<String> NEVER = Set.of("pattern", "patternProperties");

  private static final Set<String> REPEATS =
      Set.of("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties");

  private Schemas() {}

  /** Judges the schema of a response format; its text is searched, but reaches no template. */
  static void responseSchema(Draft d, Json schema, String param) throws Refused {
    bounded(schema, param);
    collect(d, schema);
  }

  private static void collect(Draft d, Json value) {
    switch (value) {
      case Json.Obj o ->
          o.members()
              .forEach(
                  (name, v) -> {
                    d.other.add(name);
                    collect(d, v);
                  });
      case Json.Arr a -> a.items().forEach(v -> collect(d, v));
      case Json.Str s -> d.other.add(s.text());
      default -> {}
    }
  }

  /** An object of bounded size, depth and repetition, without regular expressions. */
  static void bounded(Json schema, String param) throws Refused {
    Draft.object(schema, param);
    if (JsonText.of(schema).getBytes(StandardCharsets.UTF_8).length > MOST_BYTES) {
      throw Draft.shape(param, param + " may have at most " + MOST_BYTES + " bytes");
    }
    walk(schema, param, 0);
  }

  private static void walk(Json value, String param, int depth) throws Refused {
    if (depth > MOST_DEPTH) {
      throw Draft.shape(param, param + " may be nested at most " + MOST_DEPTH + " deep");
    }
    switch (value) {
      case Json.Obj o -> {
        for (Map.Entry<String, Json> e : o.members().entrySet()) {
          if (NEVER.contains(e.getKey())) {
            throw Draft.shape(param, param + " must not hold regular expressions");
          }
          if (REPEATS.contains(e.getKey())) {
            Draft.integer(Rule.REQUEST_FIELDS, e.getValue(), param, 0, MOST_REPEATS);
          }
          if (MAPS.contains(e.getKey()) && e.getValue() instanceof Json.Obj names) {
            for (Json named : names.members().values()) {
              walk(named, param, depth + 2);
            }
          } else if (!e.getKey().equals("enum")
              && !e.getKey().equals("const")
              && !e.getKey().equals("default")
              && !e.getKey().equals("examples")) {
            walk(e.getValue(), param, depth + 1);
          }
        }
      }
      case Json.Arr a -> {
        for (Json item : a.items()) {
          walk(item, param, depth + 1);
        }
      }
      default -> {}
    }
  }

  /** Takes every name and value of a JSON value as text that reaches the template. */
  static void text(Draft d, Json value) throws Refused {
    switch (value) {
      case Json.Obj o -> {
        for (Map.Entry<String, Json> e : o.members().entrySet()) {
          d.text(e.getKey());
          text(d, e.getValue());
        }
      }
      case Json.Arr a -> {
        for (Json item : a.items()) {
          text(d, item);
        }
      }
      case Json.Str s -> d.text(s.text());
      case Json.Num n -> d.count(n.token());
      case Json.Bool b -> d.count("false");
      case Json.Null n -> d.count("null");
      case Json.Raw r -> throw new IllegalStateException();
    }
  }
}
