package dev.ringfence.e2e.crd;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.ringfence.api.v1alpha1.Crd;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The objects of everything.yaml, and changed copies of them. */
final class Example {
  static final YAMLMapper YAML = new YAMLMapper();
  private static final JsonMapper SORTED =
      JsonMapper.builder()
          .enable(
              SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS, SerializationFeature.INDENT_OUTPUT)
          .build();

  private Example() {}

  /** The example of a kind, a copy of the caller's own. */
  static ObjectNode of(String kind) {
    return documents("everything.yaml").stream()
        .filter(d -> d.path("kind").asText().equals(kind))
        .map(ObjectNode.class::cast)
        .findFirst()
        .orElseThrow();
  }

  static Crd crd(JsonNode object) {
    return Arrays.stream(Crd.values())
        .filter(c -> c.kind().equals(object.path("kind").asText()))
        .findFirst()
        .orElseThrow();
  }

  static List<JsonNode> documents(String resource) {
    try (InputStream in = Objects.requireNonNull(Example.class.getResourceAsStream(resource));
        MappingIterator<JsonNode> documents = YAML.readerFor(JsonNode.class).readValues(in)) {
      return documents.readAll();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Gives a field a value.
   *
   * @param path as {@code spec.tenants[0].name}; objects on the way are made
   * @param value null takes the field or item away
   */
  static void set(ObjectNode object, String path, JsonNode value) {
    put(object, path, value.isNull() ? null : value);
  }

  /** As {@link #set}, but writes a null. */
  static void write(ObjectNode object, String path, JsonNode value) {
    put(object, path, value);
  }

  private static void put(ObjectNode object, String path, @Nullable JsonNode value) {
    JsonNode at = object;
    String[] steps = path.replace("[", ".[").split("\\.", -1);
    for (int i = 0; i < steps.length; i++) {
      boolean last = i == steps.length - 1;
      if (at instanceof ArrayNode list) {
        int index = Integer.parseInt(steps[i].substring(1, steps[i].length() - 1));
        if (last && value == null) {
          list.remove(index);
        } else if (last && index == list.size()) {
          list.add(value);
        } else if (last) {
          list.set(index, value);
        }
        at = list.path(index);
      } else {
        ObjectNode parent = (ObjectNode) at;
        if (last && value == null) {
          parent.remove(steps[i]);
        } else if (last) {
          parent.set(steps[i], value);
        } else if (!parent.has(steps[i])) {
          parent.putObject(steps[i]);
        }
        at = parent.path(steps[i]);
      }
    }
  }

  /** As text to compare: the order of fields means nothing. */
  static String sorted(JsonNode value) {
    try {
      return SORTED.writeValueAsString(SORTED.treeToValue(value, Object.class));
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }
}
