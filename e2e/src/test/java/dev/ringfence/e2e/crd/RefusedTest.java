package dev.ringfence.e2e.crd;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.ringfence.api.v1alpha1.Crd;
import dev.ringfence.rules.Check;
import dev.ringfence.rules.Judged;
import dev.ringfence.rules.Policy;
import dev.ringfence.rules.Surroundings;
import dev.ringfence.rules.TrustedModel;
import dev.ringfence.rules.Verdict;
import dev.ringfence.rules.Violation;
import dev.ringfence.vllm.Knowledge;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The table of refusals: complete, and the same for the rule engine. */
final class RefusedTest {
  private static final Instant NOW = Instant.parse("2026-06-01T00:00:00Z");
  private static final Knowledge KNOWLEDGE = Knowledge.bundled();
  private static final Surroundings SURROUNDINGS = surroundings();

  static List<Refusal> rows() {
    return Refusal.all();
  }

  @ParameterizedTest
  @MethodSource("rows")
  void theRuleEngineSaysTheSame(Refusal row) {
    assertThat(judge(row.object())).containsAll(row.engineLines());
  }

  @ParameterizedTest
  @EnumSource
  void everyRuleOfTheDefinitionHasARow(Crd crd) throws JsonProcessingException {
    Set<String> texts = new TreeSet<>();
    rules(Example.YAML.readTree(crd.yaml()).at("/spec/versions/0/schema"), texts);
    Set<String> tried = new TreeSet<>();
    for (Refusal row : rows()) {
      if (row.kind().equals(crd.kind())) {
        tried.addAll(row.ruleLines());
      }
    }
    for (UpdatedIT.Row row : UpdatedIT.rows()) {
      if (row.kind().equals(crd.kind())) {
        tried.addAll(row.lines());
      }
    }

    assertThat(texts)
        .isNotEmpty()
        .allSatisfy(text -> assertThat(tried).anyMatch(line -> line.endsWith(text)));
  }

  private static void rules(JsonNode schema, Set<String> texts) {
    for (JsonNode rule : schema.path("x-kubernetes-validations")) {
      texts.add(rule.path("message").asText());
    }
    schema.forEach(child -> rules(child, texts));
  }

  @ParameterizedTest
  @EnumSource
  void everyFieldOfTheDefinitionHasAnExample(Crd crd) throws JsonProcessingException {
    Set<String> fields = new TreeSet<>();
    fields(
        Example.YAML
            .readTree(crd.yaml())
            .at("/spec/versions/0/schema/openAPIV3Schema/properties/spec"),
        "spec",
        fields);
    Set<String> shown = new TreeSet<>();
    AcceptedIT.rows().stream()
        .filter(row -> row.kind().equals(crd.kind()))
        .forEach(row -> shown(row.object().path("spec"), "spec", shown));

    assertThat(fields).isNotEmpty();
    fields.removeAll(shown);
    assertThat(fields).isEmpty();
  }

  private static void fields(JsonNode schema, String path, Set<String> fields) {
    fields.add(path);
    schema
        .path("properties")
        .properties()
        .forEach(p -> fields(p.getValue(), path + "." + p.getKey(), fields));
    if (schema.has("items")) {
      fields(schema.get("items"), path + "[]", fields);
    }
  }

  private static void shown(JsonNode value, String path, Set<String> shown) {
    shown.add(path);
    value.properties().forEach(p -> shown(p.getValue(), path + "." + p.getKey(), shown));
    if (value.isArray()) {
      value.forEach(item -> shown(item, path + "[]", shown));
    }
  }

  static List<String> judge(JsonNode object) {
    List<Violation> violations =
        switch (Example.crd(object)) {
          case VLLM_DEPLOYMENT ->
              switch (Check.workload(object, SURROUNDINGS)) {
                case Verdict.Accepted a -> List.<Violation>of();
                case Verdict.Rejected r -> r.violations();
              };
          case TRUSTED_MODEL ->
              Check.model(object, KNOWLEDGE) instanceof Judged.Invalid<TrustedModel> i
                  ? i.violations()
                  : List.of();
          case VLLM_POLICY ->
              Check.policy(object, KNOWLEDGE, NOW) instanceof Judged.Invalid<Policy> i
                  ? i.violations()
                  : List.of();
        };
    return violations.stream().map(Violation::message).toList();
  }

  private static Surroundings surroundings() {
    var policy = Check.policy(Example.of("VLLMPolicy"), KNOWLEDGE, NOW);
    var model = Check.model(Example.of("TrustedModel"), KNOWLEDGE);
    return new Surroundings(
        policy instanceof Judged.Valid<Policy> v
            ? new Surroundings.PolicyState.Valid(v.value())
            : new Surroundings.PolicyState.Invalid(),
        new Surroundings.Catalogue(
            Map.of(
                "mistral-7b",
                model instanceof Judged.Valid<TrustedModel> m
                    ? Optional.of(m.value())
                    : Optional.empty())),
        new Surroundings.NamespaceFacts.Known(
            Map.of("pod-security.kubernetes.io/enforce", "restricted", "llm", "allowed")),
        Surroundings.Neighbours.NONE,
        Optional.empty(),
        KNOWLEDGE,
        NOW);
  }

  @Test
  void theExamplesThatTheRowsChangeBreakNoRule() {
    List<String> lines = new ArrayList<>();
    for (Crd crd : Crd.values()) {
      lines.addAll(judge(Example.of(crd.kind())));
    }
    assertThat(lines).isEmpty();
  }
}
