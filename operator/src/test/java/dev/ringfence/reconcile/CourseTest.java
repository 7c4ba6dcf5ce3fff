package dev.ringfence.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.ringfence.rules.Check;
import dev.ringfence.rules.Judged;
import dev.ringfence.rules.Kind;
import dev.ringfence.rules.Policy;
import dev.ringfence.rules.Rule;
import dev.ringfence.rules.Surroundings;
import dev.ringfence.rules.TrustedModel;
import dev.ringfence.rules.Verdict;
import dev.ringfence.rules.Verdict.Accepted;
import dev.ringfence.rules.Verdict.Rejected;
import dev.ringfence.rules.Violation;
import dev.ringfence.vllm.Knowledge;
import io.fabric8.kubernetes.api.model.apps.ControllerRevision;
import io.fabric8.kubernetes.api.model.apps.ControllerRevisionBuilder;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class CourseTest {
  private static final Instant NOW = Instant.parse("2026-11-29T12:00:00Z");
  private static final Duration HOLD = Duration.ofDays(10);
  private static final String IMAGE = "registry.example/vllm@sha256:" + "a".repeat(64);
  private static final YAMLMapper YAML = new YAMLMapper();

  private static JsonNode yaml(String text) {
    try {
      return YAML.readTree(text);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(e);
    }
  }

  private static Policy policy(String ofImage) {
    Judged<Policy> judged =
        Check.policy(
            yaml(
                """
                apiVersion: ringfence.dev/v1alpha1
                kind: VLLMPolicy
                metadata: {name: default}
                spec: {engine: {images: [{image: "%s", version: 0.33.0%s}]}}
                """
                    .formatted(IMAGE, ofImage)),
            Knowledge.bundled(),
            NOW);
    assertThat(judged).as("%s", judged).isInstanceOf(Judged.Valid.class);
    return ((Judged.Valid<Policy>) judged).value();
  }

  private static Accepted accepted() {
    Judged<TrustedModel> model =
        Check.model(
            yaml(
                """
                apiVersion: ringfence.dev/v1alpha1
                kind: TrustedModel
                metadata: {name: m}
                spec:
                  source: {volumeClaim: {claimName: models}}
                  format: safetensors
                  architectures: [MistralForCausalLM]
                  quantization: {method: none}
                  files:
                  - {path: config.json, size: 601, sha256: "%1$s"}
                  - {path: model.safetensors, size: 4949453792, sha256: "%1$s"}
                  - {path: tokenizer.json, size: 1961548, sha256: "%1$s"}
                """
                    .formatted("1".repeat(64))),
            Knowledge.bundled());
    assertThat(model).as("%s", model).isInstanceOf(Judged.Valid.class);
    Verdict verdict =
        Check.workload(
            yaml(
                """
                apiVersion: ringfence.dev/v1alpha1
                kind: VLLMDeployment
                metadata: {name: chat, namespace: team}
                spec:
                  model: {ref: m}
                  resources: {cpu: "1", memory: 12Gi}
                  tenants: [{name: acme, apiKeySecretRef: {name: keys}}]
                """),
            new Surroundings(
                new Surroundings.PolicyState.Valid(policy("")),
                new Surroundings.Catalogue(
                    Map.of("m", Optional.of(((Judged.Valid<TrustedModel>) model).value()))),
                new Surroundings.NamespaceFacts.Known(
                    Map.of("pod-security.kubernetes.io/enforce", "restricted")),
                Surroundings.Neighbours.NONE,
                Optional.empty(),
                Knowledge.bundled(),
                NOW));
    assertThat(verdict).as("%s", verdict).isInstanceOf(Accepted.class);
    return (Accepted) verdict;
  }

  private static Rejected rejected(Rule rule) {
    return new Rejected(
        List.of(
            new Violation(
                "spec.x", Kind.INVALID, Optional.of("1"), rule, "must be 2; set it to 2")),
        List.of());
  }

  private static Acceptance record(String... heldSince) {
    ControllerRevision revision =
        new ControllerRevisionBuilder()
            .withNewMetadata()
            .withName("chat--1")
            .endMetadata()
            .withRevision(1L)
            .build();
    return new Acceptance(
        revision,
        new Inputs(
            YAML.createObjectNode(),
            1,
            Optional.empty(),
            0,
            Optional.empty(),
            Map.of(),
            Map.of(),
            Optional.empty(),
            IMAGE,
            NOW),
        heldSince.length == 0 ? Optional.empty() : Optional.of(Instant.parse(heldSince[0])),
        Map.of(),
        Optional.empty());
  }

  private static Course decide(
      Verdict now, Optional<Acceptance> record, Verdict asAccepted, Verdict today, Policy policy) {
    return Course.decide(
        now,
        record,
        new Course.Judges(r -> asAccepted, r -> today),
        Optional.of(policy),
        HOLD,
        NOW);
  }

  @Test
  void whatIsAcceptableRunsWhateverTheRecord() {
    Accepted good = accepted();
    assertThat(
            decide(
                good,
                Optional.of(record("2026-01-01T00:00:00Z")),
                rejected(Rule.VLLM_101),
                rejected(Rule.VLLM_408),
                policy("")))
        .isEqualTo(new Course.Run(good));
  }

  @Test
  void whatWasNeverAcceptedIsRefused() {
    Rejected why = rejected(Rule.VLLM_206);
    assertThat(decide(why, Optional.empty(), accepted(), accepted(), policy("")))
        .isEqualTo(new Course.Refuse(why));
  }

  @Test
  void aRecordThatThisReleaseDoesNotAcceptIsLeftAlone() {
    Rejected why = rejected(Rule.VLLM_206);
    Acceptance record = record();
    assertThat(decide(why, Optional.of(record), rejected(Rule.VLLM_208), accepted(), policy("")))
        .isEqualTo(new Course.Leave(record, why));
  }

  @Test
  void aBadEditIsHeldFromNowOn() {
    Rejected why = rejected(Rule.VLLM_206);
    Accepted good = accepted();
    Acceptance record = record();
    assertThat(decide(why, Optional.of(record), good, good, policy("")))
        .isEqualTo(new Course.Hold(record, good, why, true, NOW, NOW.plus(HOLD)));
  }

  @Test
  void aTightenedPolicyIsHeldSinceItWasFirstHeld() {
    Rejected why = rejected(Rule.VLLM_206);
    Accepted good = accepted();
    Acceptance record = record("2026-11-25T00:00:00Z");
    assertThat(decide(why, Optional.of(record), good, why, policy("")))
        .isEqualTo(
            new Course.Hold(
                record,
                good,
                why,
                false,
                Instant.parse("2026-11-25T00:00:00Z"),
                Instant.parse("2026-12-05T00:00:00Z")));
  }

  @Test
  void aHoldEndsToTheSecond() {
    Rejected why = rejected(Rule.VLLM_206);
    Acceptance oneSecondLeft = record("2026-11-19T12:00:01Z");
    assertThat(decide(why, Optional.of(oneSecondLeft), accepted(), why, policy("")))
        .isInstanceOf(Course.Hold.class);
    assertThat(
            decide(why, Optional.of(record("2026-11-19T12:00:00Z")), accepted(), why, policy("")))
        .isInstanceOfSatisfying(
            Course.Stop.class,
            stop -> {
              assertThat(stop.content()).isFalse();
              assertThat(stop.reasons()).hasSize(1);
              assertThat(stop.reasons().getFirst()).contains("2026-11-19T12:00:00Z", "hold.days");
            });
  }

  @Test
  void aClockThatWentBackDoesNotProlongAHold() {
    Rejected why = rejected(Rule.VLLM_206);
    assertThat(
            decide(why, Optional.of(record("2027-01-01T00:00:00Z")), accepted(), why, policy("")))
        .isInstanceOfSatisfying(
            Course.Hold.class, hold -> assertThat(hold.until()).isEqualTo(NOW.plus(HOLD)));
  }

  @ParameterizedTest
  @EnumSource(Rule.class)
  void contentStopsAtOnceAndNothingElseDoes(Rule rule) {
    Course course =
        decide(
            rejected(Rule.VLLM_206), Optional.of(record()), accepted(), rejected(rule), policy(""));
    boolean content =
        switch (rule) {
          case VLLM_401, VLLM_402, VLLM_403, VLLM_405, VLLM_408 -> true;
          default -> false;
        };
    assertThat(course).isInstanceOf(content ? Course.Stop.class : Course.Hold.class);
    if (course instanceof Course.Stop stop) {
      assertThat(stop.content()).isTrue();
      assertThat(stop.reasons())
          .containsExactly("spec.x: Invalid value: 1: " + rule.id() + " must be 2; set it to 2");
    }
  }

  @Test
  void aRevokedImageStopsWhatServesIt() {
    Course course =
        decide(
            rejected(Rule.VLLM_206),
            Optional.of(record()),
            accepted(),
            accepted(),
            policy(", revoked: {reason: known hole}"));
    assertThat(course)
        .isInstanceOfSatisfying(
            Course.Stop.class,
            stop ->
                assertThat(stop.reasons())
                    .containsExactly(
                        "VLLM-701 the engine's image " + IMAGE + " is revoked: known hole"));
  }

  @Test
  void withoutAPolicyWhatWasAcceptedIsHeld() {
    Rejected why = rejected(Rule.VLLM_507);
    Accepted good = accepted();
    assertThat(
            Course.decide(
                why,
                Optional.of(record()),
                new Course.Judges(r -> good, r -> why),
                Optional.empty(),
                HOLD,
                NOW))
        .isInstanceOf(Course.Hold.class);
  }
}
