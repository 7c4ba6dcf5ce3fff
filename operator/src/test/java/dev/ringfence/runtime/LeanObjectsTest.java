package dev.ringfence.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.ReplicaSet;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import org.junit.jupiter.api.Test;

class LeanObjectsTest {
  private static final String TEMPLATE =
      "{metadata: {labels: {a: b}}, spec: {nodeName: n, containers: [{name: engine, args: [--x, --y]}]}}";
  private final KubernetesSerialization lean = LeanObjects.serialization();

  @Test
  void ofManagersOnlyTheFieldsAreLeftOut() {
    Pod pod =
        read(
            Pod.class,
            "{kind: Pod, apiVersion: v1, metadata: {name: p, managedFields: [{manager: m,"
                + " operation: Apply, time: '2026-01-01T00:00:00Z', fieldsV1: {f:spec: {}}}]}}");
    assertThat(pod.getMetadata().getManagedFields())
        .singleElement()
        .satisfies(
            entry -> {
              assertThat(entry.getManager()).isEqualTo("m");
              assertThat(entry.getFieldsV1()).isNull();
              assertThat(entry.getAdditionalProperties()).isEmpty();
            });
  }

  @Test
  void aPodTellsWhereItRunsAndItsStatus() {
    Pod pod =
        read(
            Pod.class,
            "{kind: Pod, apiVersion: v1, metadata: {name: p}, spec: {nodeName: n, containers: [{name: c}]},"
                + " status: {phase: Running}}");
    assertThat(pod.getSpec().getNodeName()).isEqualTo("n");
    assertThat(pod.getSpec().getContainers()).isEmpty();
    assertThat(pod.getStatus().getPhase()).isEqualTo("Running");
    Pod waiting =
        read(Pod.class, "{kind: Pod, apiVersion: v1, metadata: {name: p}, spec: {containers: []}}");
    assertThat(waiting.getSpec().getNodeName()).isNull();
  }

  @Test
  void aDeploymentIsReadWhole() {
    Deployment deployment =
        read(
            Deployment.class,
            "{kind: Deployment, apiVersion: apps/v1, metadata: {name: d}, spec: {replicas: 2, template: "
                + TEMPLATE
                + "}}");
    assertThat(lean.asJson(deployment)).contains("--x", "--y", "\"nodeName\":\"n\"");
    assertThat(lean.clone(deployment)).isEqualTo(deployment);
  }

  @Test
  void aReplicaSetIsReadWithoutItsTemplate() {
    ReplicaSet set =
        read(
            ReplicaSet.class,
            "{kind: ReplicaSet, apiVersion: apps/v1, metadata: {name: r}, spec: {replicas: 2, template: "
                + TEMPLATE
                + "}}");
    assertThat(set.getSpec().getReplicas()).isEqualTo(2);
    assertThat(set.getSpec().getTemplate()).isNull();
    assertThat(set.getSpec().getAdditionalProperties()).isEmpty();
  }

  @Test
  void equalTextIsOneString() {
    Deployment one = deployment();
    Deployment two = deployment();
    assertThat(
            one.getSpec().getTemplate().getSpec().getContainers().getFirst().getArgs().getFirst())
        .isSameAs(
            two.getSpec().getTemplate().getSpec().getContainers().getFirst().getArgs().getFirst());
  }

  private Deployment deployment() {
    return read(
        Deployment.class,
        "{kind: Deployment, apiVersion: apps/v1, metadata: {name: d}, spec: {template: "
            + TEMPLATE
            + "}}");
  }

  private <T> T read(Class<T> type, String yaml) {
    return lean.unmarshal("---\n" + yaml, type);
  }
}
