package dev.ringfence.reconcile;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.Quantity;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiPredicate;
import java.util.function.Predicate;

/**
 * JSON trees of Kubernetes objects: what of them is wanted state, whether two are equal, where they
 * differ first.
 */
final class Trees {
  /** Metadata that says what is wanted; the rest is the API server's own bookkeeping. */
  private static final Set<String> METADATA = Set.of("labels", "annotations", "ownerReferences");

  private Trees() {}

  /**
   * A copy with what can be wanted of an object: everything but its identity, its status and the
   * server's bookkeeping.
   */
  static ObjectNode wanted(ObjectNode object) {
    ObjectNode wanted = JsonNodeFactory.instance.objectNode();
    object
        .properties()
        .forEach(
            field -> {
              switch (field.getKey()) {
                case "apiVersion", "kind", "status" -> {}
                case "metadata" -> {
                  ObjectNode metadata = wanted.putObject("metadata");
                  METADATA.forEach(
                      name -> {
                        JsonNode value = field.getValue().get(name);
                        if (value != null && !value.isEmpty()) {
                          metadata.set(name, value.deepCopy());
                        }
                      });
                }
                default -> wanted.set(field.getKey(), field.getValue().deepCopy());
              }
            });
    return wanted;
  }

  /** SHA-256 over the tree with sorted keys, as 64 hexadecimal digits. */
  static String digest(JsonNode tree) {
    try {
      MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
      return HexFormat.of()
          .formatHex(sha256.digest(canonical(tree).getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java runtime has SHA-256", e);
    }
  }

  /** The same text for equal trees, whatever the order of their fields or the form of a number. */
  static String canonical(JsonNode tree) {
    StringBuilder text = new StringBuilder();
    canonical(tree, text);
    return text.toString();
  }

  private static void canonical(JsonNode node, StringBuilder out) {
    if (node.isObject()) {
      Map<String, JsonNode> fields = new TreeMap<>();
      node.properties().forEach(field -> fields.put(field.getKey(), field.getValue()));
      out.append('{');
      fields.forEach(
          (name, value) -> {
            out.append(JsonNodeFactory.instance.textNode(name)).append(':');
            canonical(value, out);
            out.append(',');
          });
      out.append('}');
    } else if (node.isArray()) {
      out.append('[');
      node.forEach(
          item -> {
            canonical(item, out);
            out.append(',');
          });
      out.append(']');
    } else if (node.isNumber()) {
      out.append(node.decimalValue().stripTrailingZeros());
    } else {
      out.append(node);
    }
  }

  /** Where a difference is, and what stands there. A missing side is a missing node. */
  record Difference(String path, JsonNode left, JsonNode right) {}

  /**
   * The first difference that counts, in the order of the paths.
   *
   * @param counts whether a difference is one
   */
  static Optional<Difference> difference(
      JsonNode left, JsonNode right, Predicate<Difference> counts) {
    return difference("", left, right, counts);
  }

  static Optional<Difference> difference(JsonNode left, JsonNode right) {
    return difference(left, right, difference -> true);
  }

  private static Optional<Difference> difference(
      String path, JsonNode left, JsonNode right, Predicate<Difference> counts) {
    if (left.equals(right) || (blank(left) && blank(right))) {
      return Optional.empty();
    }
    if (left.isObject() && right.isObject()) {
      Set<String> names = new TreeSet<>();
      left.fieldNames().forEachRemaining(names::add);
      right.fieldNames().forEachRemaining(names::add);
      return names.stream()
          .flatMap(
              name ->
                  difference(field(path, name), left.path(name), right.path(name), counts).stream())
          .findFirst();
    }
    if (left.isArray() && right.isArray() && left.size() == right.size()) {
      for (int i = 0; i < left.size(); i++) {
        Optional<Difference> first =
            difference(path + "[" + i + "]", left.get(i), right.get(i), counts);
        if (first.isPresent()) {
          return first;
        }
      }
      return Optional.empty();
    }
    Difference here = new Difference(path, left, right);
    return counts.test(here) ? Optional.of(here) : Optional.empty();
  }

  private static String field(String path, String name) {
    String step = name.matches("[A-Za-z0-9_-]+") ? name : "[" + name + "]";
    return path.isEmpty() ? step : step.startsWith("[") ? path + step : path + "." + step;
  }

  /** The API server leaves out what is empty, an empty text too. */
  private static boolean blank(JsonNode node) {
    return node.isMissingNode()
        || node.isNull()
        || (node.isContainerNode() && node.isEmpty())
        || (node.isTextual() && node.textValue().isEmpty());
  }

  /** Whether two texts are the same quantity, as {@code 1000m} and {@code 1} are. */
  static boolean sameQuantity(JsonNode left, JsonNode right) {
    BiPredicate<String, String> same =
        (a, b) -> {
          try {
            return Quantity.getAmountInBytes(Quantity.parse(a))
                    .compareTo(Quantity.getAmountInBytes(Quantity.parse(b)))
                == 0;
          } catch (IllegalArgumentException | ArithmeticException e) {
            return false;
          }
        };
    return left.isValueNode() && right.isValueNode() && same.test(left.asText(), right.asText());
  }
}
