package dev.ringfence.e2e.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ringfence.e2e.cluster.LocalControlPlane;
import dev.ringfence.e2e.cluster.TestNamespace;
import dev.ringfence.e2e.cluster.WithControlPlane;
import dev.ringfence.resources.RawWorkload;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A good workload becomes running engines, a bad one a rejection that says what to change. */
@WithControlPlane
final class FirstWorkloadIT {
  private final TestNamespace namespace;
  private final Bench bench;

  FirstWorkloadIT(LocalControlPlane plane, TestNamespace namespace) {
    this.namespace = namespace;
    this.bench = new Bench(plane, Set.of(namespace.name()));
  }

  @BeforeEach
  void start() {
    bench.apply(Samples.policy());
    bench.apply(Samples.imageModel("mistral"));
    bench.apply(Samples.hubModel("fetched"));
    bench.start();
  }

  @AfterEach
  void stop() {
    bench.close();
  }

  @Test
  void aGoodWorkloadBecomesOneEngineForEachTenant() {
    RawWorkload chat =
        bench.apply(Samples.workload(namespace.name(), "chat", "mistral", "acme", "globex"));
    bench.awaitReady(chat);

    RawWorkload ready = bench.get(chat);
    assertThat(ready.status().path("readyTenants").asText()).isEqualTo("2/2");
    assertThat(bench.condition(chat, "Accepted")).isEqualTo("True/Accepted");
    assertThat(bench.condition(chat, "Available")).isEqualTo("True/Serving");
    assertThat(bench.condition(chat, "Attested")).isEqualTo("Unknown/NoGuardAnswers");
    assertThat(bench.condition(chat, "Stalled")).isEmpty();
    assertThat(ready.status().path("effective").path("engineImage").asText())
        .isEqualTo(Samples.IMAGE);
    assertThat(bench.client().apps().deployments().inNamespace(namespace.name()).list().getItems())
        .extracting(d -> d.getMetadata().getName())
        .containsExactlyInAnyOrder("chat--acme", "chat--globex");
  }

  @Test
  void aModelFromAHubIsFetchedBeforeAnEngineTakesAGpu() {
    RawWorkload chat = bench.apply(Samples.workload(namespace.name(), "chat", "fetched", "acme"));
    bench.awaitReady(chat);
    assertThat(bench.client().batch().v1().jobs().inNamespace(namespace.name()).list().getItems())
        .hasSize(1);
  }

  @Test
  void aBadWorkloadIsRejectedWithEveryReasonAndMakesNothing() {
    RawWorkload bad = Samples.workload(namespace.name(), "bad", "nowhere", "acme");
    ((ObjectNode) bad.spec())
        .putObject("engine")
        .put("image", "registry.example/other@sha256:" + "9".repeat(64));
    RawWorkload made = bench.apply(bad);
    bench.awaitCondition(made, "Accepted", "False/Rejected");
    assertThat(bench.message(made, "Accepted"))
        .contains("spec.model.ref: ")
        .contains("VLLM-401")
        .contains("VLLM-701");
    assertThat(bench.condition(made, "Stalled")).isEqualTo("True/Rejected");
    assertThat(bench.condition(made, "Ready")).isEqualTo("False/Rejected");
    assertThat(bench.condition(made, "Reconciling")).isEmpty();
    assertThat(bench.client().apps().deployments().inNamespace(namespace.name()).list().getItems())
        .isEmpty();
    assertThat(bench.client().services().inNamespace(namespace.name()).list().getItems()).isEmpty();
  }
}
