package dev.ringfence.e2e.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.readiness.Readiness;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.Test;

/** Start, options, failure and end of a control plane. */
final class LocalControlPlaneIT {

  @Test
  void twoRunSideBySideAndLeaveNothing() throws IOException {
    var options = ControlPlaneOptions.DEFAULTS.withoutControllers();
    List<Long> processes;
    Path folder;
    try (var one = LocalControlPlane.start(options);
        var two = LocalControlPlane.start(options)) {
      one.client().namespaces().withName("kube-system").get();
      assertThat(one.server()).isNotEqualTo(two.server());
      namespace(one, "only-in-one");
      assertThat(two.client().namespaces().withName("only-in-one").get()).isNull();
      processes = Stream.concat(one.processIds().stream(), two.processIds().stream()).toList();
      assertThat(processes).hasSizeGreaterThanOrEqualTo(8).allMatch(LocalControlPlaneIT::alive);
      folder = one.kubeconfig().resolveSibling("");
      assertThat(Files.getPosixFilePermissions(folder).toString())
          .doesNotContain("GROUP", "OTHERS");
    }
    // The shells that watch over the programs see a moment later that there is nothing to watch.
    soon().until(() -> processes.stream().noneMatch(LocalControlPlaneIT::alive));
    assertThat(folder).doesNotExist();
  }

  @Test
  void nothingSurvivesAJvmThatIsKilled() throws IOException, InterruptedException {
    try (var jvm = ForkedJvm.start(Map.of(), HeldControlPlane.class)) {
      soon().until(() -> jvm.printed().contains("\nheld") || !jvm.process().isAlive());
      var lines = jvm.printed().lines().toList();
      assertThat(lines).as(jvm.printed()).contains("held");
      var folder = Path.of(lines.get(0));
      var processes = Arrays.stream(lines.get(1).split(" ")).map(Long::valueOf).toList();
      // Five programs, each with its two shells.
      assertThat(processes).hasSize(15).allMatch(LocalControlPlaneIT::alive);
      assertThat(folder).exists();

      jvm.process().destroyForcibly().waitFor();

      soon().until(() -> processes.stream().noneMatch(LocalControlPlaneIT::alive));
      soon().until(() -> !Files.exists(folder));
    }
  }

  @Test
  void aProgramThatDoesNotStartIsNamedWithItsLastWords() {
    var before = ProcessHandle.current().descendants().toList();
    assertThatThrownBy(
            () ->
                LocalControlPlane.start(
                    ControlPlaneOptions.DEFAULTS.withApiServerFlags("--no-such-flag=1")))
        .isInstanceOf(ControlPlaneException.class)
        .hasMessageStartingWith("kube-apiserver ended with exit code 1; the end of its log:")
        .hasMessageContaining("unknown flag: --no-such-flag");
    assertThat(ProcessHandle.current().descendants().filter(ProcessHandle::isAlive))
        .isSubsetOf(before);
  }

  @Test
  void optionsReachTheProgramsThatTheyName() {
    var options =
        ControlPlaneOptions.DEFAULTS
            .withNodes(1, 0)
            .withPodAddresses("127.64.0.1/16")
            .withPodStart(Duration.ofSeconds(2))
            .withFeatureGates(Map.of("CustomCPUCFSQuotaPeriod", true))
            .withApiServerFlags("--max-requests-inflight=123")
            .withStages(
                """
                apiVersion: kwok.x-k8s.io/v1alpha1
                kind: Stage
                metadata: {name: note}
                spec:
                  resourceRef: {apiGroup: v1, kind: ConfigMap}
                  selector:
                    matchLabels: {note: wanted}
                    matchExpressions: [{key: .data.note, operator: DoesNotExist}]
                  steps: [{patch: {root: data, template: "note: written"}}]
                """);
    try (var controlPlane = LocalControlPlane.start(options)) {
      var client = controlPlane.client();
      assertThat(client.nodes().list().getItems())
          .extracting(node -> node.getMetadata().getName())
          .containsExactly("gpu-0");
      assertThat(client.raw("/metrics"))
          .contains("kubernetes_feature_enabled{name=\"CustomCPUCFSQuotaPeriod\"");
      client
          .resource(
              new ConfigMapBuilder()
                  .withNewMetadata()
                  .withName("noted")
                  .withNamespace("default")
                  .addToLabels("note", "wanted")
                  .endMetadata()
                  .build())
          .create();
      soon()
          .untilAsserted(
              () ->
                  assertThat(
                          client
                              .configMaps()
                              .inNamespace("default")
                              .withName("noted")
                              .get()
                              .getData())
                      .containsEntry("note", "written"));

      var pod = client.resource(pod("default")).create();
      soon().until(() -> Readiness.isPodReady(client.resource(pod).get()));
      assertThat(client.resource(pod).get().getStatus().getPodIP()).startsWith("127.64.0.");
      var conditions = client.resource(pod).get().getStatus().getConditions();
      var scheduled = since(conditions, "PodScheduled");
      var ready = since(conditions, "Ready");
      // Times in conditions are whole seconds.
      assertThat(Duration.between(scheduled, ready)).isGreaterThanOrEqualTo(Duration.ofSeconds(1));
    }
  }

  @Test
  void anOutageOfTheApiServerIsSurvivedByEverythingElse() {
    try (var controlPlane = LocalControlPlane.start(ControlPlaneOptions.DEFAULTS.withNodes(1, 0));
        var impatient =
            new KubernetesClientBuilder()
                .withConfig(
                    new ConfigBuilder(controlPlane.config())
                        .withRequestTimeout(1000)
                        .withRequestRetryBackoffLimit(0)
                        .build())
                .build()) {
      namespace(controlPlane, "before");
      try (var outage = controlPlane.hangApiServer()) {
        assertThat(outage).isNotNull();
        assertThatThrownBy(() -> impatient.namespaces().list())
            .isInstanceOf(KubernetesClientException.class);
      }
      assertThat(impatient.namespaces().withName("before").get()).isNotNull();
      try (var outage = controlPlane.killApiServer()) {
        assertThat(outage).isNotNull();
        assertThatThrownBy(() -> impatient.namespaces().list())
            .hasStackTraceContaining("java.net.ConnectException");
      }
      assertThat(impatient.namespaces().withName("before").get()).isNotNull();
      // The controllers, the scheduler and the simulation go on.
      namespace(controlPlane, "after");
      var client = controlPlane.client();
      soon()
          .until(
              () ->
                  client.serviceAccounts().inNamespace("after").withName("default").get() != null);
      var pod = client.resource(pod("after")).create();
      soon().until(() -> Readiness.isPodReady(client.resource(pod).get()));
    }
  }

  private static Pod pod(String namespace) {
    return new PodBuilder()
        .withNewMetadata()
        .withName("pod")
        .withNamespace(namespace)
        .endMetadata()
        .withNewSpec()
        .addNewContainer()
        .withName("c")
        .withImage("example/x:1")
        .endContainer()
        .endSpec()
        .build();
  }

  private static Instant since(List<PodCondition> conditions, String type) {
    return conditions.stream()
        .filter(c -> c.getType().equals(type))
        .map(c -> Instant.parse(c.getLastTransitionTime()))
        .findFirst()
        .orElseThrow();
  }

  private static void namespace(LocalControlPlane controlPlane, String name) {
    controlPlane
        .client()
        .resource(new NamespaceBuilder().withNewMetadata().withName(name).endMetadata().build())
        .create();
  }

  private static boolean alive(long pid) {
    return ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false);
  }

  private static ConditionFactory soon() {
    return await().pollInterval(Duration.ofMillis(50)).atMost(Duration.ofMinutes(2));
  }
}
