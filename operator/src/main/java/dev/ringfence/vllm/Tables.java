package dev.ringfence.vllm;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ringfence.vllm.Argument.Kind;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Reads the data files. What is malformed throws IllegalArgumentException with a message for people
 * that quotes nothing but names.
 */
final class Tables {

  private static final Pattern ARGUMENT_NAME = Pattern.compile("--?[A-Za-z0-9][A-Za-z0-9-]{0,99}");
  private static final Pattern WORD = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,99}");
  private static final Map<String, Argument.Type> TYPES =
      Map.of(
          "int", Argument.Type.INT,
          "float", Argument.Type.FLOAT,
          "humanInt", Argument.Type.HUMAN_INT,
          "humanIntOrAuto", Argument.Type.HUMAN_INT_OR_AUTO,
          "json", Argument.Type.JSON);

  private Tables() {}

  /** One version's tables, as tools/vllm/compact.py writes them. */
  static Release release(JsonNode table) {
    Version version =
        Version.parse(table.path("version").asText())
            .filter(v -> v.equals(v.base()))
            .orElseThrow(() -> new IllegalArgumentException("must have a version like 0.34.0"));
    List<Argument> arguments = new ArrayList<>();
    Set<String> seen = new HashSet<>();
    for (JsonNode row : table.path("arguments")) {
      Argument argument = argument(row);
      for (List<String> names : List.of(argument.names(), argument.negations())) {
        for (String name : names) {
          if (!seen.add(name)) {
            throw new IllegalArgumentException("must list the argument " + name + " once");
          }
        }
      }
      arguments.add(argument);
    }
    Map<String, Set<String>> architectures = new LinkedHashMap<>();
    table
        .path("architectures")
        .properties()
        .forEach(
            e -> architectures.put(e.getKey(), words(table.path("architectures"), e.getKey())));
    return new Release(
        version,
        arguments,
        words(table, "toolParsers"),
        words(table, "reasoningParsers"),
        words(table, "quantizationMethods"),
        words(table, "deprecatedQuantizationMethods"),
        architectures,
        Classification.openables(table.path("openable")));
  }

  private static Argument argument(JsonNode row) {
    List<String> names = names(row.path("names"));
    if (names.isEmpty() || !names.getFirst().startsWith("--")) {
      throw new IllegalArgumentException(
          "must give every argument names, the first one with two dashes");
    }
    String nargs = row.path("nargs").asText();
    Kind kind =
        switch (row.path("kind").asText()) {
          case "flag" -> Kind.FLAG;
          case "boolean" -> Kind.BOOLEAN;
          case "append" -> Kind.APPEND;
          case "value" ->
              switch (nargs) {
                case "" -> Kind.ONE;
                case "?" -> Kind.OPTIONAL;
                case "+" -> Kind.MANY;
                default -> throw unreadable(names.getFirst(), "nargs");
              };
          default -> throw unreadable(names.getFirst(), "kind");
        };
    String type = row.path("type").asText();
    if (!type.isEmpty() && !TYPES.containsKey(type)) {
      throw unreadable(names.getFirst(), "type");
    }
    List<String> choices = new ArrayList<>();
    row.path("choices").forEach(c -> choices.add(c.asText()));
    return new Argument(
        names,
        names(row.path("negations")),
        kind,
        TYPES.getOrDefault(type, Argument.Type.TEXT),
        choices);
  }

  private static IllegalArgumentException unreadable(String name, String what) {
    return new IllegalArgumentException("has a " + what + " of " + name + " that is not known");
  }

  private static List<String> names(JsonNode list) {
    List<String> out = new ArrayList<>();
    for (JsonNode name : list) {
      if (!name.isTextual() || !ARGUMENT_NAME.matcher(name.asText()).matches()) {
        throw new IllegalArgumentException("has an argument whose name is not plain");
      }
      out.add(name.asText());
    }
    return out;
  }

  private static Set<String> words(JsonNode table, String key) {
    Set<String> out = new LinkedHashSet<>();
    if (!table.path(key).isArray()) {
      throw new IllegalArgumentException("must have a list " + key);
    }
    for (JsonNode word : table.path(key)) {
      if (!word.isTextual() || !WORD.matcher(word.asText()).matches()) {
        throw new IllegalArgumentException("has a word in " + key + " that is not plain");
      }
      out.add(word.asText());
    }
    return out;
  }

  static List<Advisory> advisories(JsonNode file) {
    List<Advisory> out = new ArrayList<>();
    for (JsonNode a : file.path("advisories")) {
      List<String> aliases = new ArrayList<>();
      a.path("aliases").forEach(x -> aliases.add(x.asText()));
      out.add(
          new Advisory(
              a.path("id").asText(),
              aliases,
              VersionRange.parse(a.path("affected").asText()).orElseThrow(),
              a.has("fixed") ? Version.parse(a.path("fixed").asText()) : Optional.empty(),
              a.path("blocks").asBoolean(true),
              a.path("what").asText(),
              a.path("source").asText(file.path("source").asText())));
    }
    return List.copyOf(out);
  }
}
