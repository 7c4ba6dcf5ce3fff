package dev.ringfence.vllm;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The class of every argument, and of variables, with the rule that each one's misuse breaks. Names
 * that it does not hold are never.
 */
final class Classification {

  /** What may be done with an argument. */
  sealed interface Treatment {

    /**
     * Ringfence writes it.
     *
     * @param decision the field that decides it, or why its value is fixed
     * @param optional whether a release may lack it
     */
    record Rendered(String ruleId, Decision decision, boolean optional) implements Treatment {}

    /** A policy may open it. */
    record Open(Openable openable) implements Treatment {}

    /**
     * Nothing opens it.
     *
     * @param because half a sentence, after "must not be given, "
     */
    record Never(String ruleId, String because, String fix) implements Treatment {}
  }

  /** What decides the value of an argument that Ringfence renders. */
  sealed interface Decision {
    /** A field of the workload. */
    record Field(String path) implements Decision {}

    /**
     * It is always the same.
     *
     * @param because half a sentence, after "must not be given, "
     */
    record Fixed(String because) implements Decision {}
  }

  private static final String REMOVE = "remove it";
  private static final Treatment.Never UNCLASSIFIED =
      new Treatment.Never("VLLM-208", "no table of Ringfence says what it does", REMOVE);
  private static final Treatment.Never UNKNOWN_VARIABLE =
      new Treatment.Never("VLLM-209", "no table of Ringfence says what it does", REMOVE);

  private final Map<String, Treatment> arguments = new LinkedHashMap<>();
  private final Map<String, Treatment.Never> former = new LinkedHashMap<>();
  private final Map<String, Openable> variables = new LinkedHashMap<>();
  private final Map<String, Treatment.Never> neverVariables = new LinkedHashMap<>();

  Classification(JsonNode file) {
    for (JsonNode r : file.path("rendered")) {
      arguments.put(
          r.path("name").asText(),
          new Treatment.Rendered(
              r.path("rule").asText(),
              r.has("field")
                  ? new Decision.Field(r.path("field").asText())
                  : new Decision.Fixed(r.path("because").asText()),
              r.path("optional").asBoolean()));
    }
    openables(file.path("openable")).forEach((n, o) -> arguments.put(n, new Treatment.Open(o)));
    never(file.path("never"), arguments);
    never(file.path("former"), former);
    variables.putAll(openables(file.path("openableVariables")));
    never(file.path("neverVariables"), neverVariables);
  }

  private static void never(JsonNode groups, Map<String, ? super Treatment.Never> into) {
    for (JsonNode group : groups) {
      Treatment.Never never =
          new Treatment.Never(
              group.path("rule").asText(),
              group.path("because").asText(),
              group.path("fix").asText(REMOVE));
      group.path("names").forEach(name -> into.put(name.asText(), never));
    }
  }

  /** Reads a table of openable names; throws IllegalArgumentException with a message for people. */
  static Map<String, Openable> openables(JsonNode table) {
    Map<String, Openable> out = new LinkedHashMap<>();
    table
        .properties()
        .forEach(
            e ->
                out.put(
                    e.getKey(),
                    new Openable(
                        e.getKey(),
                        grammar(e.getKey(), e.getValue()),
                        e.getValue().path("why").asText())));
    return out;
  }

  private static Openable.Grammar grammar(String name, JsonNode g) {
    if (g.path("flag").asBoolean()) {
      return new Openable.Grammar.Flag();
    }
    long minimum = g.path("minimum").asLong();
    long maximum = g.path("maximum").asLong();
    if (g.path("minimum").canConvertToExactIntegral()
        && g.path("maximum").canConvertToExactIntegral()
        && 0 <= minimum
        && minimum <= maximum) {
      return new Openable.Grammar.Whole(minimum, maximum);
    }
    List<String> words = new ArrayList<>();
    g.path("choices").forEach(w -> words.add(w.asText()));
    if (!words.isEmpty()) {
      return new Openable.Grammar.OneOf(words);
    }
    if (g.path("pattern").isTextual() && g.path("example").isTextual()) {
      Pattern pattern;
      try {
        pattern = Pattern.compile(g.path("pattern").asText());
      } catch (PatternSyntaxException e) {
        throw new IllegalArgumentException("has a pattern of " + name + " that is not RE2", e);
      }
      String example = g.path("example").asText();
      if (!pattern.matches("") && pattern.matches(example)) {
        return new Openable.Grammar.Form(pattern, example);
      }
    }
    throw new IllegalArgumentException(
        "must open "
            + name
            + " with flag, minimum and maximum, choices, or a pattern and an example of it");
  }

  /** The class of a canonical name; never where it has none. */
  Treatment of(String canonicalName) {
    return arguments.getOrDefault(canonicalName, UNCLASSIFIED);
  }

  boolean knows(String canonicalName) {
    return arguments.containsKey(canonicalName);
  }

  /**
   * Names that every release must have, since what Ringfence renders would be incomplete without.
   */
  List<String> required() {
    return arguments.entrySet().stream()
        .filter(e -> e.getValue() instanceof Treatment.Rendered r && !r.optional())
        .map(Map.Entry::getKey)
        .toList();
  }

  /** An argument of vLLM releases before 0.28.0. */
  Optional<Treatment.Never> former(String name) {
    return Optional.ofNullable(former.get(name));
  }

  Optional<Openable> variable(String name) {
    return Optional.ofNullable(variables.get(name));
  }

  Map<String, Treatment> arguments() {
    return arguments;
  }

  Map<String, Openable> variables() {
    return variables;
  }

  /** Why a variable cannot be opened: its own entry before families, in the table's order. */
  Treatment.Never neverVariable(String name) {
    Treatment.Never exact = neverVariables.get(name);
    if (exact != null) {
      return exact;
    }
    return neverVariables.entrySet().stream()
        .filter(e -> inFamily(e.getKey(), name))
        .map(Map.Entry::getValue)
        .findFirst()
        .orElse(UNKNOWN_VARIABLE);
  }

  private static boolean inFamily(String family, String name) {
    if (family.endsWith("*")) {
      return name.startsWith(family.substring(0, family.length() - 1));
    }
    return family.startsWith("*") && name.endsWith(family.substring(1));
  }
}
