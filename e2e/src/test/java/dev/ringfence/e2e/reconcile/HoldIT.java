package dev.ringfence.e2e.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ringfence.e2e.cluster.LocalControlPlane;
import dev.ringfence.e2e.cluster.TestNamespace;
import dev.ringfence.e2e.cluster.WithControlPlane;
import dev.ringfence.resources.RawModel;
import dev.ringfence.resources.RawWorkload;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What was accepted goes on serving, still repaired, when it is not acceptable any more; unless its
 * content is at fault.
 */
@WithControlPlane
final class HoldIT {
  private final TestNamespace namespace;
  private final Bench bench;
  private RawWorkload chat;

  HoldIT(LocalControlPlane plane, TestNamespace namespace) {
    this.namespace = namespace;
    this.bench = new Bench(plane, Set.of(namespace.name()));
    this.chat = Samples.workload(namespace.name(), "chat", "mistral", "acme");
  }

  @BeforeEach
  void start() {
    bench.apply(Samples.policy());
    // The API server stores this in another spelling, which a record's data must survive.
    bench.editPolicy(
        spec -> spec.withObjectProperty("engine").putArray("deniedVersions").add("<0.30.0"));
    bench.apply(Samples.imageModel("mistral"));
    bench.start();
    ((ObjectNode) chat.spec()).putObject("engine").put("maxModelLen", 4096);
    chat = bench.apply(chat);
    bench.awaitReady(chat);
  }

  @AfterEach
  void stop() {
    bench.close();
  }

  private Deployment engine() {
    return bench
        .client()
        .apps()
        .deployments()
        .inNamespace(namespace.name())
        .withName("chat--acme")
        .require();
  }

  private void breakTheSpecification() {
    bench.edit(chat, spec -> spec.withObjectProperty("engine").put("maxModelLen", 8192));
  }

  @Test
  void aBadEditKeepsTheLastAcceptedEnginesAndTheyAreStillRepaired() {
    String before = engine().getSpec().getTemplate().toString();
    breakTheSpecification();
    bench.awaitCondition(chat, "Accepted", "False/HeldSpec");
    assertThat(bench.condition(chat, "Stalled")).isEqualTo("True/HeldSpec");
    assertThat(bench.condition(chat, "Ready")).startsWith("True");
    assertThat(bench.message(chat, "Accepted"))
        .contains("spec.engine.maxModelLen: Invalid value: 8192: VLLM-206 must")
        .contains("held since")
        .contains("until");
    assertThat(engine().getSpec().getTemplate()).hasToString(before);

    bench
        .client()
        .resource(engine())
        .edit(
            d -> {
              d.getSpec().getTemplate().getSpec().setHostNetwork(true);
              return d;
            });
    Bench.until(
        "hostNetwork is put back",
        () -> engine().getSpec().getTemplate().toString().equals(before));

    bench.edit(chat, spec -> spec.withObjectProperty("engine").put("maxModelLen", 2048));
    bench.awaitReady(chat);
    assertThat(bench.condition(chat, "Accepted")).isEqualTo("True/Accepted");
  }

  @Test
  void aTightenedPolicyHoldsForAsLongAsItSaysAndThenStops() {
    bench.editPolicy(
        spec -> {
          spec.putObject("hold").put("days", 10);
          spec.putObject("limits").put("maxModelLen", 2048);
        });
    bench.awaitCondition(chat, "Accepted", "False/HeldPolicy");
    assertThat(bench.condition(chat, "Stalled")).isEmpty();
    assertThat(bench.condition(chat, "Ready")).startsWith("True");
    assertThat(engine().getSpec().getReplicas()).isEqualTo(1);

    bench.forward(Duration.ofDays(4));
    bench.poke(chat);
    bench.awaitCondition(chat, "Stalled", "True/HeldPolicy");
    assertThat(engine().getSpec().getReplicas()).isEqualTo(1);

    bench.forward(Duration.ofDays(7));
    bench.poke(chat);
    bench.awaitCondition(chat, "Accepted", "False/HoldEnded");
    Bench.until("the engine stops", () -> engine().getSpec().getReplicas() == 0);
    assertThat(bench.condition(chat, "Ready")).isEqualTo("False/HoldEnded");

    bench.editPolicy(spec -> spec.remove("limits"));
    bench.awaitReady(chat);
    assertThat(engine().getSpec().getReplicas()).isEqualTo(1);
  }

  @Test
  void aRevokedModelStopsAtOnce() {
    RawModel model = bench.client().resource(Samples.imageModel("mistral")).require();
    ((ObjectNode) model.spec()).putObject("revoked").put("reason", "poisoned upstream");
    bench.client().resource(model).update();
    bench.awaitCondition(chat, "Accepted", "False/ContentRefused");
    Bench.until("the engine stops", () -> engine().getSpec().getReplicas() == 0);
    assertThat(bench.message(chat, "Accepted")).contains("VLLM-408");
  }

  @Test
  void aRevokedImageStopsAtOnce() {
    bench.editPolicy(
        spec ->
            ((ObjectNode) spec.path("engine").path("images").get(0))
                .putObject("revoked")
                .put("reason", "known hole"));
    // The default is another image now, so the workload is accepted with that; what served the
    // revoked one is replaced.
    Bench.until(
        "no engine runs the revoked image",
        () ->
            engine().getSpec().getTemplate().getSpec().getContainers().stream()
                .noneMatch(c -> c.getImage().equals(Samples.IMAGE)));
    bench.awaitReady(chat);
    bench.edit(chat, spec -> spec.withObjectProperty("engine").put("image", Samples.OTHER_IMAGE));
    bench.awaitReady(chat);
    bench.editPolicy(
        spec ->
            ((ObjectNode) spec.path("engine").path("images").get(1))
                .putObject("revoked")
                .put("reason", "that too"));
    bench.awaitCondition(chat, "Accepted", "False/ContentRefused");
    Bench.until("the engine stops", () -> engine().getSpec().getReplicas() == 0);
  }

  @Test
  void aWaiverEndsOnTime() {
    String open = namespace.another(Map.of());
    Bench both = bench;
    both.editPolicy(
        spec -> {
          var waiver = spec.putArray("waivers").addObject();
          waiver
              .put("rule", "VLLM-707")
              .put("reason", "a try")
              .put("approvedBy", "the platform team");
          waiver.put("expires", bench.now().plus(Duration.ofHours(1)).toString());
          waiver.putArray("namespaces").add(open).add(namespace.name());
        });
    // The waiver covers this namespace too, where nothing needs it until the label is gone.
    bench
        .client()
        .namespaces()
        .withName(namespace.name())
        .edit(
            ns -> {
              ns.getMetadata().getLabels().remove("pod-security.kubernetes.io/enforce");
              return ns;
            });
    bench.await(
        chat,
        "the waiver is named",
        there -> bench.message(chat, "Accepted").contains("VLLM-707 is waived until"));
    bench.forward(Duration.ofHours(2));
    bench.poke(chat);
    bench.awaitCondition(chat, "Accepted", "False/HeldPolicy");
    assertThat(bench.message(chat, "Accepted")).contains("VLLM-707");
    assertThat(engine().getSpec().getReplicas()).isEqualTo(1);
  }
}
