package dev.ringfence.api.v1alpha1;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** No field of a stored object is without a bound, and none without a word for kubectl explain. */
class BoundedTest {
  private static final ObjectMapper YAML = new YAMLMapper();

  @ParameterizedTest
  @EnumSource
  void everythingHasABoundAndADescription(Crd crd) throws IOException {
    JsonNode schema = YAML.readTree(crd.yaml()).at("/spec/versions/0/schema/openAPIV3Schema");
    List<String> faults = new ArrayList<>();
    judge(schema.at("/properties/spec"), "spec", true, faults);
    judge(schema.at("/properties/status"), "status", true, faults);

    assertThat(schema.at("/properties/spec/properties")).isNotEmpty();
    assertThat(faults).isEmpty();
  }

  private static void judge(JsonNode schema, String path, boolean field, List<String> faults) {
    if (field && schema.path("description").asText().length() < 4) {
      faults.add(path + " has no description");
    }
    List<String> bounds =
        switch (schema.path("type").asText()) {
          case "string" -> schema.has("enum") ? List.of() : List.of("maxLength");
          case "integer", "number" -> List.of("minimum", "maximum");
          case "array" -> List.of("maxItems", "x-kubernetes-list-type");
          case "object" ->
              schema.has("additionalProperties") ? List.of("maxProperties") : List.of();
          case "boolean" -> List.of();
          default ->
              schema.has("x-kubernetes-int-or-string")
                  ? List.of("maxLength", "minimum", "maximum")
                  : List.of("type");
        };
    bounds.stream()
        .filter(bound -> !schema.has(bound))
        .forEach(bound -> faults.add(path + " has no " + bound));
    schema
        .path("properties")
        .properties()
        .forEach(p -> judge(p.getValue(), path + "." + p.getKey(), true, faults));
    if (schema.has("items")) {
      judge(schema.get("items"), path + "[]", false, faults);
    }
    if (schema.has("additionalProperties")) {
      judge(schema.get("additionalProperties"), path + "{}", false, faults);
    }
  }
}
