package dev.ringfence.admission;

import static dev.ringfence.admission.Samples.model;
import static dev.ringfence.admission.Samples.policy;
import static dev.ringfence.admission.Samples.review;
import static dev.ringfence.admission.Samples.with;
import static dev.ringfence.admission.Samples.workload;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ringfence.admission.Samples.Cluster;
import dev.ringfence.rules.Surroundings.Catalogue;
import dev.ringfence.rules.Surroundings.NamespaceFacts;
import dev.ringfence.vllm.Knowledge;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class ReviewerTest {
  private static final String WORKLOADS = "vllmdeployments";
  private static final String MODELS = "trustedmodels";
  private static final String POLICIES = "vllmpolicies";
  private static final String LONG = "spec/engine/maxModelLen";

  private static final Cluster CLUSTER = Cluster.usual();

  /** One request and what becomes of it: starts of the lines that refuse it, or of warnings. */
  record Row(
      String why,
      Facts facts,
      ObjectNode review,
      boolean allowed,
      List<String> lines,
      List<String> warnings) {
    @Override
    public String toString() {
      return why;
    }
  }

  private static Row allowed(String why, Facts facts, ObjectNode review, String... warnings) {
    return new Row(why, facts, review, true, List.of(), List.of(warnings));
  }

  private static Row refused(String why, Facts facts, ObjectNode review, String... lines) {
    return new Row(why, facts, review, false, List.of(lines), List.of());
  }

  private static ObjectNode create(String resource, ObjectNode object) {
    return review(resource, "CREATE", Optional.of(object), Optional.empty());
  }

  private static ObjectNode update(String resource, ObjectNode old, ObjectNode object) {
    return review(resource, "UPDATE", Optional.of(object), Optional.of(old));
  }

  private static ObjectNode delete(String resource, ObjectNode old) {
    return review(resource, "DELETE", Optional.empty(), Optional.of(old));
  }

  private static ObjectNode named(String name) {
    ObjectNode other = with(workload(), "metadata/name", "\"" + name + "\"");
    other = with(other, "spec/tenants/0/apiKeySecretRef/name", "\"" + name + "-acme\"");
    return with(other, "spec/tenants/1/apiKeySecretRef/name", "\"" + name + "-globex\"");
  }

  static List<Row> rows() {
    ObjectNode illegal = with(workload(), LONG, "32768");
    ObjectNode quantized = with(model(), "spec/quantization", "{\"method\":\"awq\"}");
    ObjectNode loose = with(policy(), "spec/limits", "{\"maxOutputTokens\":9999}");
    Cluster used = CLUSTER.with(workload(), named("other"));
    ObjectNode leaving = with(illegal, "metadata/deletionTimestamp", "\"2026-12-01T00:00:00Z\"");
    return List.of(
        allowed("a good workload", CLUSTER, create(WORKLOADS, workload())),
        refused(
            "two faults, sorted",
            CLUSTER,
            create(WORKLOADS, with(illegal, "spec/engine/enablePrefixCaching", "true")),
            "spec.engine.enablePrefixCaching: Invalid value: true: VLLM-101 must ",
            "spec.engine.maxModelLen: Invalid value: 32768: VLLM-206 must "),
        refused(
            "without a policy",
            new Cluster(List.of(), List.of(model()), List.of()),
            create(WORKLOADS, workload()),
            "spec: Forbidden: VLLM-507 must have a VLLMPolicy"),
        refused(
            "a model that nobody vouches for",
            CLUSTER,
            create(WORKLOADS, with(workload(), "spec/model/ref", "\"nobody\"")),
            "spec.model.ref: Invalid value: \"nobody\": VLLM-401 must be in the catalogue"),
        refused(
            "a neighbour's Secret",
            CLUSTER.with(named("other")),
            create(
                WORKLOADS,
                with(workload(), "spec/tenants/0/apiKeySecretRef/name", "\"other-globex\"")),
            "spec.tenants[0].apiKeySecretRef.name: Invalid value: VLLM-510 must "),
        refused(
            "a younger neighbour's Secret, taken by an update",
            CLUSTER.with(
                with(named("other"), "metadata/creationTimestamp", "\"2026-11-20T00:00:00Z\"")),
            update(
                WORKLOADS,
                workload(),
                with(workload(), "spec/tenants/0/apiKeySecretRef/name", "\"other-globex\"")),
            "spec.tenants[0].apiKeySecretRef.name: Invalid value: VLLM-510 must "),
        refused(
            "one workload too many",
            new Cluster(
                List.of(with(policy(), "spec/limits", "{\"workloadsPerNamespace\":1}")),
                List.of(model()),
                List.of(named("other"))),
            create(WORKLOADS, workload()),
            "metadata.namespace: Too many: VLLM-712 must hold at most 1"),
        allowed(
            "an update of the first of too many",
            new Cluster(
                List.of(with(policy(), "spec/limits", "{\"workloadsPerNamespace\":1}")),
                List.of(model()),
                List.of(
                    with(
                        named("other"), "metadata/creationTimestamp", "\"2026-11-20T00:00:00Z\""))),
            update(WORKLOADS, workload(), with(workload(), "spec/drainSeconds", "30"))),
        allowed(
            "itself is no neighbour",
            CLUSTER.with(workload()),
            update(WORKLOADS, workload(), with(workload(), "spec/drainSeconds", "30"))),
        refused(
            "an update is judged as a creation is",
            CLUSTER,
            update(WORKLOADS, workload(), illegal),
            "spec.engine.maxModelLen: Invalid value: 32768: VLLM-206"),
        refused(
            "also where the fault was there and something else changes",
            CLUSTER,
            update(WORKLOADS, illegal, with(illegal, "spec/drainSeconds", "30")),
            "spec.engine.maxModelLen: Invalid value: 32768: VLLM-206"),
        allowed(
            "a fault that was there, the spec untouched",
            CLUSTER,
            update(WORKLOADS, illegal, with(illegal, "metadata/finalizers", "[\"a/b\"]")),
            "as before, spec.engine.maxModelLen: Invalid value: 32768: VLLM-206"),
        refused(
            "a new fault, the spec untouched",
            CLUSTER,
            update(
                WORKLOADS,
                illegal,
                with(
                    illegal,
                    "metadata/annotations",
                    "{\"note\":\"hf_abcdefghijklmnopqrstuvwxyzabcdefgh\"}")),
            "metadata.annotations[note]: Invalid value: <redacted>: VLLM-508",
            "spec.engine.maxModelLen: Invalid value: 32768: VLLM-206"),
        allowed(
            "a fault that was there, and suspended",
            CLUSTER,
            update(WORKLOADS, illegal, with(illegal, "spec/suspended", "true")),
            "as before, spec.engine.maxModelLen"),
        refused(
            "a fault that was there, and woken",
            CLUSTER,
            update(WORKLOADS, with(illegal, "spec/suspended", "true"), illegal),
            "spec.engine.maxModelLen"),
        allowed(
            "a fault that was there, and a tenant less",
            CLUSTER,
            update(
                WORKLOADS,
                illegal,
                with(
                    illegal,
                    "spec/tenants",
                    "[{\"name\":\"globex\",\"apiKeySecretRef\":{\"name\":\"globex-keys\"}}]")),
            "as before, spec.engine.maxModelLen"),
        allowed(
            "a fault that was there, and no replica",
            CLUSTER,
            update(WORKLOADS, illegal, with(illegal, "spec/tenants/0/replicas", "0")),
            "as before, spec.engine.maxModelLen"),
        refused(
            "a fault that was there, and a replica more",
            CLUSTER,
            update(WORKLOADS, illegal, with(illegal, "spec/tenants/0/replicas", "2")),
            "spec.engine.maxModelLen"),
        allowed("what is being deleted", CLUSTER, update(WORKLOADS, leaving, leaving)),
        allowed("a workload may always go", CLUSTER, delete(WORKLOADS, illegal)),
        allowed("a good model", CLUSTER, create(MODELS, model())),
        refused(
            "a quantized model without a smoke test",
            CLUSTER,
            create(MODELS, quantized),
            "spec.smokeTest: Required value: VLLM-603"),
        allowed(
            "an old model that breaks a newer rule can be revoked",
            CLUSTER,
            update(MODELS, quantized, with(quantized, "spec/revoked", "{\"reason\":\"bad\"}")),
            "as before, spec.smokeTest: Required value: VLLM-603"),
        refused(
            "other bytes are another model",
            CLUSTER,
            update(MODELS, model(), with(model(), "spec/files/0/size", "602")),
            "spec.files: Invalid value: VLLM-405 must "),
        refused(
            "a revocation is not taken back",
            CLUSTER,
            update(MODELS, with(model(), "spec/revoked", "{\"reason\":\"bad\"}"), model()),
            "spec.revoked: Forbidden: VLLM-408 must "),
        allowed(
            "revoking says what stops",
            used,
            update(MODELS, model(), with(model(), "spec/revoked", "{\"reason\":\"bad\"}")),
            "engines of 2 workloads stop: team-support/other, team-support/support-chat"),
        refused(
            "a model in use",
            used,
            delete(MODELS, model()),
            "metadata.name: Forbidden: VLLM-401 must not be deleted while 2 workloads use it: team-support/other, team-support/support-chat; "),
        allowed(
            "a model in use, annotated",
            used,
            delete(
                MODELS,
                with(model(), "metadata/annotations/ringfence.dev~allow-delete", "\"true\"")),
            "deleted though 2 workloads use it: team-support/other"),
        allowed("a model that nobody uses", CLUSTER, delete(MODELS, model())),
        allowed("a good policy", CLUSTER, create(POLICIES, policy())),
        refused(
            "a policy beyond what is absolute",
            CLUSTER,
            create(POLICIES, loose),
            "spec.limits.maxOutputTokens: Invalid value: 9999: VLLM-507"),
        allowed(
            "an invalid policy counts as none before and after",
            CLUSTER,
            update(POLICIES, loose, with(loose, "spec/engine/deniedVersions", "[\"<0.33.0\"]")),
            "as before, spec.limits.maxOutputTokens"),
        refused(
            "the policy in use",
            CLUSTER.with(workload()),
            delete(POLICIES, policy()),
            "metadata.name: Forbidden: VLLM-507 must not be deleted while 1 workload uses it: team-support/support-chat; "),
        allowed("the policy of nobody", CLUSTER, delete(POLICIES, policy())),
        allowed(
            "status",
            CLUSTER,
            with(update(WORKLOADS, illegal, illegal), "request/subResource", "\"status\"")),
        allowed(
            "a kind of others",
            CLUSTER,
            with(create(WORKLOADS, illegal), "request/resource/group", "\"apps\""),
            "not judged"));
  }

  @ParameterizedTest
  @MethodSource("rows")
  void says(Row row) {
    byte[] body = bytes(row.review());
    Reviewer reviewer = new Reviewer(row.facts(), () -> Samples.NOW);
    Reviewer.Answer answer = reviewer.answer(body);
    JsonNode response = json(answer).path("response");

    assertThat(answer.status()).isEqualTo(200);
    assertThat(response.path("uid").asText()).isEqualTo("705ab4f5-6393-11e8-b7cc-42010a800002");
    assertThat(response.path("allowed").asBoolean()).as("%s", response).isEqualTo(row.allowed());
    starts(warnings(response), row.warnings());
    if (!row.allowed()) {
      starts(lines(response), row.lines());
    }
    assertThat(reviewer.answer(body).body()).as("again").isEqualTo(answer.body());
    if (row.review().path("request") instanceof ObjectNode request) {
      request.put("dryRun", true);
    }
    assertThat(reviewer.answer(bytes(row.review())).body()).as("dry run").isEqualTo(answer.body());
  }

  /** Facts that are behind: what they say anew is another cluster. */
  private record Behind(Facts seen, Facts anew) implements Facts {
    @Override
    public Optional<JsonNode> policy() {
      return seen.policy();
    }

    @Override
    public Knowledge knowledge(Optional<String> tables) {
      return seen.knowledge(tables);
    }

    @Override
    public Catalogue catalogue(Knowledge knowledge) {
      return seen.catalogue(knowledge);
    }

    @Override
    public NamespaceFacts namespace(String name) {
      return seen.namespace(name);
    }

    @Override
    public List<JsonNode> workloads(String namespace) {
      return seen.workloads(namespace);
    }

    @Override
    public List<JsonNode> workloads() {
      return seen.workloads();
    }

    @Override
    public Facts anew(String namespace, String model) {
      assertThat(namespace).isEqualTo("team-support");
      assertThat(model).isEqualTo(workload().path("spec").path("model").path("ref").asText());
      return anew;
    }
  }

  /** One file brings policy, model and workload, and the watches have seen none of them yet. */
  @Test
  void aRefusalDoesNotRestOnWhatWasSoAMomentAgo() {
    Cluster nothing = new Cluster(List.of(), List.of(), List.of());
    byte[] good = bytes(create(WORKLOADS, workload()));

    assertThat(allowed(new Behind(nothing, CLUSTER), good)).isTrue();
    assertThat(allowed(new Behind(nothing, nothing), good)).isFalse();
    // What is seen to be fine is not looked up; the reconciler judges it again.
    assertThat(allowed(new Behind(CLUSTER, nothing), good)).isTrue();
  }

  private static boolean allowed(Facts facts, byte[] review) {
    return json(new Reviewer(facts, () -> Samples.NOW).answer(review))
        .path("response")
        .path("allowed")
        .asBoolean();
  }

  private static void starts(List<String> lines, List<String> starts) {
    assertThat(lines).hasSameSizeAs(starts);
    for (int i = 0; i < lines.size(); i++) {
      assertThat(lines.get(i)).startsWith(starts.get(i));
    }
  }

  private static List<String> warnings(JsonNode response) {
    return StreamSupport.stream(response.path("warnings").spliterator(), false)
        .map(JsonNode::asText)
        .toList();
  }

  private static List<String> lines(JsonNode response) {
    JsonNode status = response.path("status");
    if (status.path("code").asInt() != 422) {
      return List.of(status.path("message").asText());
    }
    assertThat(status.path("reason").asText()).isEqualTo("Invalid");
    assertThat(status.path("details").path("group").asText()).isEqualTo("ringfence.dev");
    assertThat(status.path("details").path("name").asText()).isNotEmpty();
    assertThat(status.path("details").path("kind").asText()).isNotEmpty();
    return StreamSupport.stream(status.path("details").path("causes").spliterator(), false)
        .map(c -> c.path("field").asText() + ": " + c.path("message").asText())
        .toList();
  }

  @Test
  void whatIsNoReviewIsRefusedInWords() {
    Reviewer reviewer = new Reviewer(CLUSTER, () -> Samples.NOW);
    for (String body :
        List.of(
            "",
            "null",
            "[]",
            "{",
            "\u0000",
            "{\"kind\":\"AdmissionReview\"}",
            "[".repeat(100_000),
            "{\"kind\":\"AdmissionReview\",\"apiVersion\":\"admission.k8s.io/v1beta1\",\"request\":{\"uid\":\"a\"}}")) {
      Reviewer.Answer answer = reviewer.answer(body.getBytes(StandardCharsets.UTF_8));
      assertThat(answer.status()).isEqualTo(400);
      assertThat(json(answer).path("message").asText()).startsWith("the body ");
    }
  }

  @Test
  void aFaultOfOursRefusesWithoutATrace() {
    Facts broken =
        new Facts() {
          @Override
          public Optional<JsonNode> policy() {
            throw new IllegalStateException("hf_secret in a message");
          }

          @Override
          public dev.ringfence.vllm.Knowledge knowledge(Optional<String> tables) {
            return Samples.KNOWLEDGE;
          }

          @Override
          public dev.ringfence.rules.Surroundings.Catalogue catalogue(
              dev.ringfence.vllm.Knowledge knowledge) {
            return dev.ringfence.rules.Surroundings.Catalogue.EMPTY;
          }

          @Override
          public dev.ringfence.rules.Surroundings.NamespaceFacts namespace(String name) {
            return new dev.ringfence.rules.Surroundings.NamespaceFacts.Unknown();
          }

          @Override
          public List<JsonNode> workloads(String namespace) {
            return List.of();
          }

          @Override
          public List<JsonNode> workloads() {
            return List.of();
          }
        };
    JsonNode response =
        json(new Reviewer(broken, () -> Samples.NOW).answer(bytes(create(WORKLOADS, workload()))))
            .path("response");
    assertThat(response.path("allowed").asBoolean(true)).isFalse();
    assertThat(response.path("status").path("code").asInt()).isEqualTo(500);
    assertThat(response.toString()).doesNotContain("hf_secret").doesNotContain("dev.ringfence.adm");
  }

  static byte[] bytes(ObjectNode review) {
    return review.toString().getBytes(StandardCharsets.UTF_8);
  }

  static JsonNode json(Reviewer.Answer answer) {
    try {
      return Samples.JSON.readTree(answer.body());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
