package dev.ringfence.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn;
import io.fabric8.crdv2.generator.CRDGenerator;
import io.fabric8.kubernetes.api.model.Quantity;
import java.io.IOException;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Field;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Makes the CustomResourceDefinitions from the classes: fabric8's generator, then what it has no
 * annotation for (list types, formats, rules on items) and what it does badly (columns sorted by
 * path, rules of record components written twice, whole numbers as {@code 8.0}).
 */
final class GeneratedCrds {
  private static final YAMLMapper YAML =
      YAMLMapper.builder()
          .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
          .disable(YAMLGenerator.Feature.SPLIT_LINES)
          .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
          .enable(YAMLGenerator.Feature.ALWAYS_QUOTE_NUMBERS_AS_STRINGS)
          .build();

  private static final String HEADER =
      "# Made from the classes of dev.ringfence.api.v1alpha1 by: mvn -pl crds verify -Dcrds.update=true\n";

  private static Class<?> type(Crd crd) {
    return switch (crd) {
      case VLLM_DEPLOYMENT -> VLLMDeployment.class;
      case TRUSTED_MODEL -> TrustedModel.class;
      case VLLM_POLICY -> VLLMPolicy.class;
    };
  }

  /** The tree of one CustomResourceDefinition. */
  static ObjectNode tree(Crd crd) throws IOException {
    Class<?> type = type(crd);
    Path directory = Files.createTempDirectory("crds");
    Path file = directory.resolve(crd.objectName() + "-v1.yml");
    try {
      new CRDGenerator()
          .inOutputDir(directory.toFile())
          .customResourceClasses(type.asSubclass(io.fabric8.kubernetes.api.model.HasMetadata.class))
          .detailedGenerate();
      ObjectNode root = (ObjectNode) YAML.readTree(Files.readString(file));
      ObjectNode version = (ObjectNode) root.at("/spec/versions/0");
      ObjectNode schema = (ObjectNode) version.at("/schema/openAPIV3Schema");
      Type[] specAndStatus =
          ((ParameterizedType) type.getGenericSuperclass()).getActualTypeArguments();
      complete((ObjectNode) schema.at("/properties/spec"), specAndStatus[0], null);
      ObjectNode status = (ObjectNode) schema.at("/properties/status");
      complete(status, specAndStatus[1], null);
      // A rule may point to the name only where the schema names it.
      ObjectNode metadata = schema.withObject("/properties/metadata").put("type", "object");
      metadata.withObject("/properties/name").put("type", "string").put("maxLength", 253);
      // kstatus takes an object without a status for done; so does every tool that waits with it.
      status.putObject("default").put("observedGeneration", -1);
      columns(version, type);
      wholeNumbers(root);
      return root;
    } finally {
      Files.deleteIfExists(file);
      Files.delete(directory);
    }
  }

  static String yaml(Crd crd) throws IOException {
    return HEADER + YAML.writeValueAsString(tree(crd));
  }

  private static void complete(ObjectNode schema, Type type, @Nullable AnnotatedElement field) {
    unique(schema);
    if (type instanceof ParameterizedType generic) {
      if (generic.getRawType() == Map.class) {
        complete(
            (ObjectNode) schema.get("additionalProperties"),
            generic.getActualTypeArguments()[1],
            null);
      } else {
        list(schema, generic, field);
      }
      return;
    }
    Class<?> c = (Class<?>) type;
    if (c == Integer.class || c == int.class) {
      number(schema, Integer.MIN_VALUE, Integer.MAX_VALUE);
    } else if (c == Long.class) {
      // Beyond 2^53 a JSON number is not exact everywhere.
      number(schema, -(1L << 53), 1L << 53);
    } else if (c == Quantity.class) {
      schema.put("maxLength", 40);
      schema.put("minimum", 0);
      schema.put("maximum", 1L << 53);
    } else if (c == String.class && field != null && field.isAnnotationPresent(DateTime.class)) {
      schema.put("format", "date-time");
    } else if (c.isRecord()) {
      record(schema, c);
    }
    if (c == LabelSelector.class) {
      schema.put("x-kubernetes-map-type", "atomic");
    }
  }

  private static void list(
      ObjectNode schema, ParameterizedType type, @Nullable AnnotatedElement field) {
    ObjectNode items = (ObjectNode) schema.get("items");
    String listType = "atomic";
    if (field != null && field.isAnnotationPresent(ListSet.class)) {
      listType = "set";
    }
    if (field != null && field.isAnnotationPresent(ListMap.class)) {
      listType = "map";
      schema.putArray("x-kubernetes-list-map-keys").add(field.getAnnotation(ListMap.class).value());
    }
    schema.put("x-kubernetes-list-type", listType);
    if (field != null && field.isAnnotationPresent(ItemRule.class)) {
      ItemRule rule = field.getAnnotation(ItemRule.class);
      ObjectNode node = items.putArray("x-kubernetes-validations").addObject();
      node.put("message", rule.message());
      if (!rule.reason().isEmpty()) {
        node.put("reason", rule.reason());
      }
      node.put("rule", rule.value());
    }
    complete(items, type.getActualTypeArguments()[0], null);
  }

  private static void record(ObjectNode schema, Class<?> type) {
    for (RecordComponent component : type.getRecordComponents()) {
      Field field;
      try {
        field = type.getDeclaredField(component.getName());
      } catch (NoSuchFieldException e) {
        throw new AssertionError(e);
      }
      JsonProperty renamed = field.getAnnotation(JsonProperty.class);
      String name = renamed == null ? component.getName() : renamed.value();
      complete((ObjectNode) schema.get("properties").get(name), component.getGenericType(), field);
    }
  }

  private static void number(ObjectNode schema, long min, long max) {
    if (!schema.has("minimum")) {
      schema.put("minimum", min);
    }
    if (!schema.has("maximum")) {
      schema.put("maximum", max);
    }
  }

  /** The generator reads a record component's annotation from its field and from its accessor. */
  private static void unique(ObjectNode schema) {
    if (schema.get("x-kubernetes-validations") instanceof ArrayNode rules) {
      Set<JsonNode> once = new LinkedHashSet<>();
      rules.forEach(once::add);
      rules.removeAll().addAll(once);
    }
  }

  private static void columns(ObjectNode version, Class<?> type) {
    ArrayNode columns = (ArrayNode) version.get("additionalPrinterColumns");
    List<JsonNode> ordered = new ArrayList<>();
    for (AdditionalPrinterColumn wanted :
        type.getAnnotationsByType(AdditionalPrinterColumn.class)) {
      columns.forEach(
          column -> {
            if (column.get("name").asText().equals(wanted.name())) {
              ordered.add(column);
            }
          });
    }
    columns.removeAll().addAll(ordered);
  }

  private static void wholeNumbers(JsonNode node) {
    if (node instanceof ObjectNode object) {
      for (Map.Entry<String, JsonNode> field : List.copyOf(object.properties())) {
        JsonNode value = field.getValue();
        if (value.isDouble() && value.doubleValue() == Math.rint(value.doubleValue())) {
          object.put(field.getKey(), value.longValue());
        }
      }
    }
    node.forEach(GeneratedCrds::wholeNumbers);
  }

  private GeneratedCrds() {}
}
