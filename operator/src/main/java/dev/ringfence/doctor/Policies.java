package dev.ringfence.doctor;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ringfence.api.v1alpha1.Crd;
import dev.ringfence.rules.Check;
import dev.ringfence.rules.Judged;
import dev.ringfence.rules.Policy;
import dev.ringfence.rules.Rule;
import dev.ringfence.rules.Violation;
import dev.ringfence.vllm.Knowledge;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The VLLMPolicy and the image that it lists.
 *
 * @param inForce the strict values where there is no valid one
 */
record Policies(Policy inForce, Knowledge knowledge, List<Finding> findings) {
  private static final String STARTER = "./ringfence init > starter.yaml";
  private static final String APPLY = "kubectl apply -f starter.yaml";

  static Policies of(Facts facts, Instant now) {
    Map<String, String> tables = new TreeMap<>();
    facts
        .argumentTables()
        .json()
        .path("data")
        .properties()
        .forEach(e -> tables.put(e.getKey(), e.getValue().asText()));
    Knowledge knowledge =
        tables.isEmpty() ? Knowledge.bundled() : Knowledge.bundled().with(tables).knowledge();
    Policy strict = strict(now);
    if (facts.policy().forbidden()) {
      return new Policies(
          strict, knowledge, List.of(Finding.unknown("policy", "you may not read VLLMPolicies")));
    }
    if (facts.policy().found().isEmpty()) {
      return new Policies(
          strict,
          knowledge,
          List.of(
              Finding.lacks(
                  "policy",
                  Rule.VLLM_507,
                  "there is no VLLMPolicy called default",
                  STARTER,
                  APPLY)));
    }
    return switch (Check.policy(facts.policy().json(), knowledge, now)) {
      case Judged.Invalid<Policy> i ->
          new Policies(
              strict,
              knowledge,
              List.of(
                  Finding.lacks(
                      "policy",
                      Rule.VLLM_507,
                      "it is not valid, so it counts as none: "
                          + i.violations().stream()
                              .map(Violation::message)
                              .findFirst()
                              .orElse("see its status"),
                      "kubectl edit vllmpolicy default")));
      case Judged.Valid<Policy> v -> {
        List<Finding> findings = new ArrayList<>();
        findings.add(Finding.ok("policy", "valid"));
        v.warnings().forEach(w -> findings.add(Finding.note("policy", w)));
        findings.add(image(v.value()));
        yield new Policies(v.value(), knowledge, List.copyOf(findings));
      }
    };
  }

  private static Finding image(Policy policy) {
    return policy.engine().images().stream()
        .filter(i -> i.revoked().isEmpty())
        .findFirst()
        .map(i -> Finding.ok("engine image", "vLLM " + i.version() + ", " + i.image()))
        .orElseGet(
            () ->
                Finding.lacks(
                    "engine image",
                    Rule.VLLM_701,
                    policy.engine().images().isEmpty()
                        ? "the policy lists none"
                        : "every image that the policy lists is revoked",
                    "docker buildx imagetools inspect vllm/vllm-openai:v0.33.0",
                    "kubectl edit vllmpolicy default   # spec.engine.images: image by digest,"
                        + " version"));
  }

  /** What holds where a policy says nothing. */
  private static Policy strict(Instant now) {
    ObjectNode empty = JsonNodeFactory.instance.objectNode();
    empty.put("apiVersion", Crd.GROUP + "/" + Crd.VERSION).put("kind", Crd.VLLM_POLICY.kind());
    empty.putObject("metadata").put("name", "default");
    empty.putObject("spec");
    return switch (Check.policy(empty, Knowledge.bundled(), now)) {
      case Judged.Valid<Policy> v -> v.value();
      case Judged.Invalid<Policy> i ->
          throw new IllegalStateException("an empty policy is a valid one");
    };
  }
}
