package dev.ringfence.api.v1alpha1;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

/** The page docs/api.md: every field of every kind, from the definitions. */
final class ApiReference {
  private final StringBuilder page = new StringBuilder();

  static String page() throws IOException {
    ApiReference reference = new ApiReference();
    reference.page.append(
        """
        # API reference: `ringfence.dev/v1alpha1`

        What `kubectl explain` shows, on one page. A list says how its items are told apart; bounds beside those in words
        are in `crds/*.yaml`. Made by `mvn -pl crds verify -Dcrds.update=true`.
        """);
    for (Crd crd : Crd.values()) {
      JsonNode definition = GeneratedCrds.tree(crd);
      JsonNode schema = definition.at("/spec/versions/0/schema/openAPIV3Schema");
      reference.kind(crd, definition.at("/spec"), schema);
    }
    return reference.page.toString();
  }

  private void kind(Crd crd, JsonNode spec, JsonNode schema) {
    page.append("\n## ").append(crd.kind()).append("\n\n");
    page.append(spec.path("scope").asText()).append(" · `").append(crd.objectName()).append('`');
    spec.at("/names/shortNames")
        .forEach(n -> page.append(" · short name `").append(n.asText()).append('`'));
    page.append("\n\n").append(schema.path("description").asText()).append('\n');
    object("spec", schema.at("/properties/spec"));
    object("status", schema.at("/properties/status"));
  }

  private void object(String path, JsonNode schema) {
    page.append("\n### ").append(path).append("\n\n");
    if (schema.has("description")) {
      page.append(schema.path("description").asText()).append("\n\n");
    }
    page.append("| field | type | |\n| --- | --- | --- |\n");
    schema
        .path("properties")
        .properties()
        .forEach(
            field ->
                page.append("| `")
                    .append(field.getKey())
                    .append("` | ")
                    .append(type(field.getValue()))
                    .append(" | ")
                    .append(field.getValue().path("description").asText().replace("|", "\\|"))
                    .append(" |\n"));
    schema
        .path("properties")
        .properties()
        .forEach(
            field -> {
              JsonNode value = field.getValue();
              if (value.has("properties")) {
                object(path + "." + field.getKey(), value);
              } else if (value.at("/items").has("properties")) {
                object(path + "." + field.getKey() + "[]", value.get("items"));
              }
            });
  }

  private static String type(JsonNode schema) {
    if (schema.has("x-kubernetes-int-or-string")) {
      return "quantity";
    }
    if (schema.has("enum")) {
      return StreamSupport.stream(schema.get("enum").spliterator(), false)
          .map(JsonNode::asText)
          .collect(Collectors.joining("`, `", "`", "`"));
    }
    return switch (schema.path("type").asText()) {
      case "array" -> {
        List<String> words = new ArrayList<>();
        words.add("list of " + type(schema.get("items")));
        if (schema.path("x-kubernetes-list-type").asText().equals("map")) {
          words.add("by `" + schema.at("/x-kubernetes-list-map-keys/0").asText() + "`");
        } else if (schema.path("x-kubernetes-list-type").asText().equals("set")) {
          words.add("without twins");
        }
        yield String.join(" ", words);
      }
      case "object" ->
          schema.has("additionalProperties")
              ? "map to " + type(schema.get("additionalProperties"))
              : "object";
      case "string" -> schema.path("format").asText().equals("date-time") ? "time" : "string";
      default -> schema.path("type").asText();
    };
  }

  private ApiReference() {}
}
