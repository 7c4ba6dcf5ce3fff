package dev.ringfence.e2e.stories;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.ringfence.e2e.cluster.TestCluster;
import dev.ringfence.e2e.cluster.TestNamespace;
import dev.ringfence.e2e.engine.StandInModel;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A gated model comes from a hub, a stand-in with a certificate of its own, through the fetch Job
 * onto a claim of the workload. The hub's token is in the fetch Job and nowhere else.
 */
@Story
final class FetchedModelStoryIT {
  @TempDir private Path folder;

  @Test
  void aGatedModelComesFromTheHubWithTheToken(TestCluster cluster, TestNamespace namespace)
      throws Exception {
    Installation ringfence = Installation.on(cluster);
    String name = namespace.name() + "-hub";
    StandInModel model = StandInModel.plain();
    String key = Team.newKey();
    NodeFolder volume = NodeFolder.on(cluster, name);
    StandInHub hub = StandInHub.start(ringfence, namespace.name(), model.files(), folder);
    ringfence.apply(ringfence.policy() + hub.policy());
    ringfence.apply(volume.volume(namespace.name(), "chat-model", "ReadWriteOnce"));
    ringfence.apply(model.trusted(name, hub.source(), "  quantization: {method: none}\n"));
    try (Team team = new Team(ringfence, namespace.name())) {
      team.keys("chat-acme", "alice", key);
      String workload =
          Team.workload("chat", List.of("acme"), List.of("chat"), "")
              .replace(
                  "ref: tiny,",
                  "ref: "
                      + name
                      + ", tokenSecretRef: {name: hub-token}, storage: {size: 1Gi, accessMode:"
                      + " ReadWriteOnce, storageClassName: static},");

      // Without a token nothing is asked for: it is refused in words.
      assertThat(team.refused(workload.replace(", tokenSecretRef: {name: hub-token}", "")))
          .contains("VLLM-406");

      hub.secret("hub-token");
      team.apply(workload);
      team.awaitReady("chat");
      assertThat(team.condition("chat", "ModelVerified")).startsWith("True ");
      assertThat(Team.chat(team.client("chat", "acme", key), "chat", "1+1=")).contains("2");

      // Every file was asked for once, with the token.
      String asked = hub.asked();
      for (String file : model.files().keySet()) {
        assertThat(asked).contains("/" + file + " token=true");
      }
      assertThat(asked).doesNotContain("token=false");
      tokenIsInTheFetchJobAlone(ringfence, team, volume);

      // Deleted, the claim goes with the workload, and the volume is released.
      ringfence.kubectl("-n", team.namespace(), "delete", "vllmdeployment", "chat");
      await()
          .atMost(Team.PATIENCE)
          .until(
              () ->
                  ringfence
                          .client()
                          .persistentVolumeClaims()
                          .inNamespace(team.namespace())
                          .withName("chat-model")
                          .get()
                      == null);
    } finally {
      ringfence.apply(ringfence.policy());
    }
  }

  /** Objects, logs, the node's processes and its disk. */
  private static void tokenIsInTheFetchJobAlone(
      Installation ringfence, Team team, NodeFolder volume) {
    List<Pod> pods =
        ringfence.client().pods().inNamespace(team.namespace()).list().getItems().stream()
            .filter(p -> !"hub".equals(p.getMetadata().getName()))
            .toList();
    Map<Boolean, List<Pod>> bySecret =
        pods.stream()
            .collect(
                Collectors.partitioningBy(
                    p ->
                        p.getSpec().getVolumes().stream()
                            .anyMatch(
                                v ->
                                    v.getSecret() != null
                                        && "hub-token".equals(v.getSecret().getSecretName()))));
    assertThat(bySecret.get(true))
        .isNotEmpty()
        .allMatch(
            p -> "fetch".equals(p.getMetadata().getLabels().get("app.kubernetes.io/component")));
    assertThat(bySecret.get(false))
        .anyMatch(
            p -> "engine".equals(p.getMetadata().getLabels().get("app.kubernetes.io/component")));
    for (Pod pod : pods) {
      List<Container> containers = new ArrayList<>(pod.getSpec().getInitContainers());
      containers.addAll(pod.getSpec().getContainers());
      for (Container c : containers) {
        assertThat(log(ringfence, team, pod.getMetadata().getName(), c.getName()))
            .as(pod.getMetadata().getName() + " " + c.getName())
            .doesNotContain(StandInHub.TOKEN);
      }
    }
    for (HasMetadata object :
        List.of(
            team.workload("chat").get(),
            ringfence
                .client()
                .apps()
                .deployments()
                .inNamespace(team.namespace())
                .withName("chat--acme")
                .require(),
            ringfence
                .client()
                .batch()
                .v1()
                .jobs()
                .inNamespace(team.namespace())
                .list()
                .getItems()
                .getFirst())) {
      assertThat(ringfence.client().getKubernetesSerialization().asJson(object))
          .doesNotContain(StandInHub.TOKEN);
    }
    // The hub itself knows it, and it runs on this node too, perhaps: its own command line aside.
    String processes =
        "grep -lF -- \"$2\" /proc/[0-9]*/environ 2>/dev/null; "
            + "for p in /proc/[0-9]*; do tr '\\0' ' ' < $p/cmdline 2>/dev/null"
            + " | grep -v stand-in-hub | grep -v folder | grep -F -- \"$2\"; done; true";
    assertThat(volume.sh(processes, StandInHub.TOKEN)).isBlank();
    String disk = "grep -rlF -- \"$2\" /var/log/pods $1 2>/dev/null; true";
    assertThat(volume.sh(disk, StandInHub.TOKEN)).isBlank();
  }

  private static String log(Installation ringfence, Team team, String pod, String container) {
    return ringfence.kubectl("-n", team.namespace(), "logs", pod, "-c", container);
  }
}
