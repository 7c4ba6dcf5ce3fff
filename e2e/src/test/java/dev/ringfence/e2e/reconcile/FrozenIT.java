package dev.ringfence.e2e.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ringfence.e2e.cluster.LocalControlPlane;
import dev.ringfence.e2e.cluster.TestNamespace;
import dev.ringfence.e2e.cluster.WithControlPlane;
import dev.ringfence.reconcile.Seal;
import dev.ringfence.resources.RawWorkload;
import io.fabric8.kubernetes.api.model.apps.ControllerRevision;
import io.fabric8.kubernetes.api.model.apps.ControllerRevisionBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What an earlier release has accepted and recorded, and this one accepts no more: engines stay as
 * they are until one is changed, then they stop.
 */
@WithControlPlane
final class FrozenIT {
  private final TestNamespace namespace;
  private final Bench bench;
  private RawWorkload chat;

  FrozenIT(LocalControlPlane plane, TestNamespace namespace) {
    this.namespace = namespace;
    this.bench = new Bench(plane, Set.of(namespace.name()));
    this.chat = Samples.workload(namespace.name(), "chat", "mistral", "acme");
  }

  @BeforeEach
  void aWorkloadOfAnEarlierRelease() {
    bench.apply(Samples.policy());
    bench.apply(Samples.imageModel("mistral"));
    bench.start();
    chat = bench.apply(chat);
    bench.awaitReady(chat);
    bench.stop();
    records().forEach(this::asAnEarlierReleaseMayHaveWrittenIt);
    bench.edit(chat, spec -> spec.withObjectProperty("engine").put("maxModelLen", 8192));
  }

  @AfterEach
  void stop() {
    bench.close();
  }

  private List<ControllerRevision> records() {
    return bench
        .client()
        .apps()
        .controllerRevisions()
        .inNamespace(namespace.name())
        .withLabel("ringfence.dev/record")
        .list()
        .getItems();
  }

  /** With a setting that no rule of today allows, under the operator's own seal. */
  private void asAnEarlierReleaseMayHaveWrittenIt(ControllerRevision record) {
    Map<String, String> secret =
        bench
            .client()
            .secrets()
            .inNamespace(Bench.NAMESPACE)
            .withName("ringfence-webhook-ca")
            .require()
            .getData();
    Seal seal = new Seal(Base64.getDecoder().decode(secret.get("records.key")));
    ObjectNode data =
        bench
            .client()
            .getKubernetesSerialization()
            .convertValue(record.getData(), ObjectNode.class);
    ((ObjectNode) data.path("inputs").path("workload").path("spec"))
        .withObjectProperty("engine")
        .put("enablePrefixCaching", true);
    ControllerRevision written =
        new ControllerRevisionBuilder(record)
            .editMetadata()
            .withResourceVersion(null)
            .withUid(null)
            .withManagedFields(List.of())
            .withName("chat--" + (record.getRevision() + 100))
            .endMetadata()
            .withRevision(record.getRevision() + 100)
            .withData(data)
            .build();
    assertThat(record.getMetadata().getAnnotations())
        .as("the seal that the operator itself made of it")
        .containsEntry("ringfence.dev/seal", seal.of(record));
    written.getMetadata().getAnnotations().put("ringfence.dev/seal", seal.of(written));
    bench.client().resource(record).delete();
    bench.client().resource(written).create();
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

  @Test
  void enginesStayUntilOneIsChangedAndThenStop() {
    long before = engine().getMetadata().getGeneration();
    bench.start();
    bench.awaitCondition(chat, "Accepted", "False/Frozen");
    assertThat(bench.message(chat, "Accepted"))
        .contains("this operator does not accept what was accepted before either")
        .contains("stay as they are until something of them is changed");
    assertThat(bench.condition(chat, "Stalled")).isEqualTo("True/Frozen");
    assertThat(engine().getMetadata().getGeneration()).as("untouched").isEqualTo(before);

    bench.change(engine(), d -> d.getSpec().getTemplate().getSpec().setHostNetwork(true));
    Bench.until("the changed engine stops", () -> engine().getSpec().getReplicas() == 0);
    bench.awaitCondition(chat, "Ready", "False/Frozen");
    assertThat(bench.message(chat, "Accepted")).contains("its objects were changed");

    bench.edit(chat, spec -> spec.withObjectProperty("engine").put("maxModelLen", 4096));
    bench.awaitReady(chat);
    assertThat(engine().getSpec().getTemplate().getSpec().getHostNetwork()).isNotEqualTo(true);
    assertThat(engine().getSpec().getReplicas()).isEqualTo(1);
  }
}
