package dev.ringfence.e2e.crd;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.ringfence.api.v1alpha1.Condition;
import dev.ringfence.api.v1alpha1.StatusViolation;
import dev.ringfence.api.v1alpha1.TrustedModelStatus;
import dev.ringfence.api.v1alpha1.VLLMDeploymentStatus;
import dev.ringfence.api.v1alpha1.VLLMPolicyStatus;
import dev.ringfence.e2e.cluster.TestNamespace;
import dev.ringfence.e2e.cluster.WithControlPlane;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Statuses written with the API's own classes, and what kubectl get makes of them. */
@WithControlPlane
final class StatusIT {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final AtomicInteger NUMBERS = new AtomicInteger();
  private static @Nullable ApiServer server;

  @BeforeAll
  static void install(KubernetesClient client, TestNamespace namespace) {
    server = ApiServer.withDefinitions(client, namespace.name());
  }

  @Test
  void anObjectThatNobodyHasSeenIsNotTakenForDone() {
    JsonNode created = stored(named("VLLMDeployment"), null);

    // kstatus compares it with metadata.generation.
    assertThat(created.at("/status/observedGeneration").asLong()).isEqualTo(-1);
  }

  @Test
  void aWorkloadsStatusIsKeptAsWritten() {
    VLLMDeploymentStatus status =
        new VLLMDeploymentStatus(
            1L,
            List.of(
                condition("Accepted", Condition.Status.True, "Accepted"),
                condition("Ready", Condition.Status.True, "Serving")),
            "1/2",
            Collections.nCopies(
                32, new StatusViolation("VLLM-101", "spec.engine", "x".repeat(4096))),
            List.of(
                new VLLMDeploymentStatus.Tenant(
                    "acme",
                    "http://support-chat--acme.team.svc:8080",
                    1,
                    1,
                    new VLLMDeploymentStatus.Keys(3, "0badcafe"),
                    true,
                    "pods of team-web",
                    null),
                new VLLMDeploymentStatus.Tenant(
                    "globex-2", null, 4, 0, null, null, null, "no GPU")),
            new VLLMDeploymentStatus.Effective(
                "docker.io/vllm/vllm-openai@sha256:" + "1".repeat(64),
                "0.32.0",
                "0".repeat(40),
                List.of("vllm", "serve"),
                7L));

    keptAndShown(
        named("VLLMDeployment"),
        status,
        "Ready: True",
        "Reason: Serving",
        "Model: mistral-7b",
        "Version: 0.32.0",
        "Tenants: 1/2");
  }

  @Test
  void aModelsStatusIsKeptAsWritten() {
    TrustedModelStatus status =
        new TrustedModelStatus(
            1L, List.of(condition("Accepted", Condition.Status.False, "Revoked")), List.of(), 3);

    keptAndShown(
        named("TrustedModel"),
        status,
        "Accepted: False",
        "Reason: Revoked",
        "Quantization: awq",
        "Workloads: 3");
  }

  @Test
  void aPolicysStatusIsKeptAsWritten() {
    VLLMPolicyStatus status =
        new VLLMPolicyStatus(
            1L,
            List.of(condition("Accepted", Condition.Status.True, "Accepted")),
            List.of(),
            1,
            List.of(
                new VLLMPolicyStatus.Waiver(
                    "VLLM-707", List.of("research"), "2026-12-31T00:00:00Z")));

    keptAndShown(
        Example.of("VLLMPolicy"),
        status,
        "Accepted: True",
        "Reason: Accepted",
        "Minimum: 0.32.0",
        "Waivers: 1");
  }

  private static Condition condition(String type, Condition.Status status, String reason) {
    return new Condition(type, status, 1L, "2026-11-25T12:00:00Z", reason, "");
  }

  private static ObjectNode named(String kind) {
    ObjectNode object = Example.of(kind);
    Example.set(object, "metadata.name", TextNode.valueOf("status-" + NUMBERS.incrementAndGet()));
    return object;
  }

  private static void keptAndShown(ObjectNode object, Object status, String... cells) {
    JsonNode written = JSON.valueToTree(status);
    JsonNode stored = stored(object, written);

    assertThat(Example.sorted(stored.get("status"))).isEqualTo(Example.sorted(written));
    assertThat(stored.get("cells")).extracting(JsonNode::asText).containsExactly(cells);
  }

  /** The object as it stands stored, with what kubectl get shows of it; gone when this returns. */
  private static JsonNode stored(ObjectNode object, @Nullable JsonNode status) {
    ApiServer api = requireNonNull(server);
    api.delete(object);
    ObjectNode created = (ObjectNode) api.create(object);
    try {
      if (status == null) {
        return created;
      }
      created.set("status", status);
      ObjectNode stored = (ObjectNode) api.updateStatus(created);
      ArrayNode cells = stored.putArray("cells");
      api.cells(object).forEach(cells::add);
      return stored;
    } finally {
      api.delete(object);
    }
  }
}
