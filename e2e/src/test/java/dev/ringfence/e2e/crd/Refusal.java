package dev.ringfence.e2e.crd;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ringfence.api.v1alpha1.RuleText;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A row of refused.yaml.
 *
 * @param kind whose example is changed
 * @param set what is changed, by path
 * @param refused starts of lines, each with the name or names of the texts that end it
 * @param engine starts of lines of the rule engine where they differ, since CEL cannot name a
 *     list's item
 * @param server whole lines in the API server's own words
 */
record Refusal(
    String kind,
    String why,
    Map<String, JsonNode> set,
    @Nullable Map<String, JsonNode> refused,
    @Nullable List<String> engine,
    @Nullable List<String> server) {

  static List<Refusal> all() {
    return Example.documents("refused.yaml").stream()
        .map(row -> Example.YAML.convertValue(row, Refusal.class))
        .toList();
  }

  ObjectNode object() {
    ObjectNode object = Example.of(kind);
    set.forEach((path, value) -> Example.set(object, path, value));
    return object;
  }

  /** What the API server says for CEL rules. */
  List<String> ruleLines() {
    return lines(List.of());
  }

  /** What the rule engine says for the same. */
  List<String> engineLines() {
    return lines(engine == null ? List.of() : engine);
  }

  List<String> ownLines() {
    return server == null ? List.of() : server;
  }

  private List<String> lines(List<String> starts) {
    List<String> lines = new ArrayList<>();
    Iterator<String> others = starts.iterator();
    if (refused != null) {
      refused.forEach(
          (key, names) -> {
            String start = others.hasNext() ? others.next() : key;
            if (names.isTextual()) {
              lines.add(start + ": " + text(names.asText()));
            }
            names.forEach(name -> lines.add(start + ": " + text(name.asText())));
          });
    }
    return lines;
  }

  private static String text(String name) {
    try {
      return (String) RuleText.class.getField(name).get(null);
    } catch (ReflectiveOperationException e) {
      throw new IllegalArgumentException("RuleText has no " + name, e);
    }
  }

  @Override
  public String toString() {
    return kind + ": " + why;
  }
}
