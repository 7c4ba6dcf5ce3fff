package dev.ringfence.e2e.stories;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.openai.client.OpenAIClient;
import dev.ringfence.e2e.cluster.Need;
import dev.ringfence.e2e.cluster.TestCluster;
import dev.ringfence.e2e.cluster.TestNamespace;
import dev.ringfence.e2e.cluster.WithCluster;
import dev.ringfence.e2e.engine.StandInModel;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What breaks: the operator, an engine, a node, a volume. It serves again, or it serves nobody. */
@Tag("kind")
@WithCluster(
    nodes = 4,
    needs = {Need.RUNNING_PODS, Need.GPUS, Need.IMAGE_VOLUMES, Need.IMAGE_ARCHIVES, Need.NODES})
final class ResilienceStoryIT {

  private static Team team(TestCluster cluster, TestNamespace namespace, String key) {
    Team team = new Team(Installation.on(cluster), namespace.name());
    team.keys("chat-acme", "alice", key);
    return team;
  }

  /** The operator is killed every two seconds while a workload comes up; it comes up. */
  @Test
  void operatorKilledAtAnyMoment(TestCluster cluster, TestNamespace namespace) throws Exception {
    String key = Team.newKey();
    try (Team team = team(cluster, namespace, key)) {
      Installation ringfence = Installation.on(cluster);
      team.apply(Team.workload("chat", List.of("acme"), List.of("chat"), ""));
      for (int i = 0; i < 8; i++) {
        ringfence.kubectl(
            "-n",
            "ringfence-system",
            "delete",
            "pods",
            "-l",
            "app.kubernetes.io/component=operator",
            "--force",
            "--grace-period=0",
            "--wait=false");
        Thread.sleep(2000);
      }
      team.awaitReady("chat");
      assertThat(team.pods("chat", "acme")).hasSize(1);
      assertThat(Team.chat(team.client("chat", "acme", key), "chat", "1+1=")).contains("2");
      ringfence.kubectl(
          "-n",
          "ringfence-system",
          "rollout",
          "status",
          "deployment/ringfence-operator",
          "--timeout=240s");
    }
  }

  /** It dies, hangs, and runs out of memory: each time the same pod serves again. */
  @Test
  void engineDiesHangsAndRunsOutOfMemory(TestCluster cluster, TestNamespace namespace) {
    String key = Team.newKey();
    try (Team team = team(cluster, namespace, key)) {
      team.apply(Team.workload("chat", List.of("acme"), List.of("chat"), ""));
      team.awaitReady("chat");
      Pod pod = team.pod("chat", "acme");
      OpenAIClient client = team.client("chat", "acme", key);
      int restarts = 0;
      for (Map.Entry<String, String> way :
          List.of(
              Map.entry("die", "Error"),
              Map.entry("hang", "Error"),
              Map.entry("oom", "OOMKilled"))) {
        // Whatever it says, it is no answer.
        assertThatThrownBy(() -> Team.chat(client, "chat", "stand-in: " + way.getKey()))
            .isInstanceOf(Exception.class);
        restarts++;
        int expected = restarts;
        await()
            .atMost(Team.PATIENCE)
            .untilAsserted(
                () -> assertThat(team.restarts("chat", "acme", "engine")).isEqualTo(expected));
        if (!way.getKey().equals("hang")) {
          assertThat(engine(team).getLastState().getTerminated().getReason())
              .isEqualTo(way.getValue());
        }
        await()
            .atMost(Team.PATIENCE)
            .ignoreExceptions()
            .until(() -> Team.chat(client, "chat", "2+2=").contains("4"));
        assertThat(team.pod("chat", "acme").getMetadata().getUid())
            .isEqualTo(pod.getMetadata().getUid());
        assertThat(team.restarts("chat", "acme", "guard")).isZero();
      }
    }
  }

  private static ContainerStatus engine(Team team) {
    return team.pod("chat", "acme").getStatus().getContainerStatuses().stream()
        .filter(s -> s.getName().equals("engine"))
        .findFirst()
        .orElseThrow();
  }

  /** The version of the engine goes up, one engine at a time. */
  @Test
  void engineIsUpgraded(TestCluster cluster, TestNamespace namespace) {
    String key = Team.newKey();
    Installation ringfence = Installation.on(cluster);
    try (Team team = team(cluster, namespace, key)) {
      String older =
          Team.workload(
              "chat",
              List.of("acme"),
              List.of("chat"),
              "  engine: {image: \"" + ringfence.olderEngineImage() + "\"}\n");
      team.apply(older);
      team.awaitReady("chat");
      assertThat(String.valueOf(team.workload("chat").get().<Object>get("status")))
          .contains("0.32.0");
      team.apply(older.replace(ringfence.olderEngineImage(), ringfence.engineImage()));
      await()
          .atMost(Team.PATIENCE)
          .until(
              () ->
                  team.pods("chat", "acme").stream()
                      .anyMatch(
                          p ->
                              p.getSpec()
                                  .getContainers()
                                  .getFirst()
                                  .getImage()
                                  .equals(ringfence.engineImage())));
      team.awaitReady("chat");
      assertThat(String.valueOf(team.workload("chat").get().<Object>get("status")))
          .contains("0.33.0");
      assertThat(Team.chat(team.client("chat", "acme", key), "chat", "1+1=")).contains("2");

      // One that never starts is taken back.
      team.apply(
          older
              .replace(ringfence.olderEngineImage(), ringfence.engineImage())
              .replace("servedNames: [chat]", "servedNames: [chat, stand-in/refuse]")
              .replace("startupTimeoutSeconds: 120", "startupTimeoutSeconds: 60"));
      team.awaitCondition("chat", "Stalled", "True RolledBack");
      await()
          .atMost(Team.PATIENCE)
          .ignoreExceptions()
          .until(() -> Team.chat(team.client("chat", "acme", key), "chat", "1+1=").contains("2"));
    }
  }

  /** A node is drained, and another restarted: the engine moves, and comes back. */
  @Test
  void nodeIsDrainedAndRestarted(TestCluster cluster, TestNamespace namespace) {
    String key = Team.newKey();
    Installation ringfence = Installation.on(cluster);
    try (Team team = team(cluster, namespace, key)) {
      team.apply(Team.workload("chat", List.of("acme"), List.of("chat"), ""));
      team.awaitReady("chat");
      String first = team.pod("chat", "acme").getSpec().getNodeName();
      ringfence.kubectl(
          "drain", first, "--ignore-daemonsets", "--delete-emptydir-data", "--timeout=100s");
      try {
        await()
            .atMost(Team.PATIENCE)
            .until(
                () ->
                    team.pods("chat", "acme").stream()
                        .anyMatch(p -> !first.equals(p.getSpec().getNodeName())));
        team.awaitReady("chat");
      } finally {
        ringfence.kubectl("uncordon", first);
      }
      String second = team.pod("chat", "acme").getSpec().getNodeName();
      cluster.restart(second);
      await()
          .atMost(Team.PATIENCE)
          .ignoreExceptions()
          .until(() -> Team.chat(team.client("chat", "acme", key), "chat", "1+1=").contains("2"));
    }
  }

  /** A file of the volume changes between verification and the next start; then all are lost. */
  @Test
  void volumeIsTamperedWithAndLost(TestCluster cluster, TestNamespace namespace) {
    String key = Team.newKey();
    Installation ringfence = Installation.on(cluster);
    StandInModel model = StandInModel.plain();
    String node = cluster.workers().getFirst();
    String folder = "/var/lib/stand-in-models/" + namespace.name();
    model
        .files()
        .forEach(
            (path, bytes) ->
                cluster.onNode(
                    node,
                    "sh",
                    "-c",
                    "mkdir -p $1 && echo $3 | base64 -d > $1/$2",
                    "put",
                    folder,
                    path,
                    Base64.getEncoder().encodeToString(bytes)));
    String name = namespace.name() + "-model";
    ringfence.kubectlStdin(
        """
        apiVersion: v1
        kind: PersistentVolume
        metadata: {name: %1$s}
        spec:
          capacity: {storage: 1Gi}
          accessModes: [ReadOnlyMany]
          storageClassName: static
          claimRef: {name: models, namespace: %2$s}
          local: {path: %3$s}
          nodeAffinity:
            required:
              nodeSelectorTerms:
              - matchExpressions: [{key: kubernetes.io/hostname, operator: In, values: [%4$s]}]
        ---
        apiVersion: v1
        kind: PersistentVolumeClaim
        metadata: {name: models, namespace: %2$s}
        spec:
          accessModes: [ReadOnlyMany]
          storageClassName: static
          resources: {requests: {storage: 1Gi}}
        """
            .formatted(name, namespace.name(), folder, node),
        "apply",
        "-f",
        "-");
    ringfence.kubectlStdin(
        model.trusted(
            name, "{volumeClaim: {claimName: models}}", "  quantization: {method: none}\n"),
        "apply",
        "-f",
        "-");
    try (Team team = team(cluster, namespace, key)) {
      team.apply(
          Team.workload("chat", List.of("acme"), List.of("chat"), "")
              .replace("ref: tiny", "ref: " + name));
      team.awaitReady("chat");
      OpenAIClient client = team.client("chat", "acme", key);
      assertThat(Team.chat(client, "chat", "1+1=")).contains("2");

      cluster.onNode(node, "sh", "-c", "sed -i 's/llama/lloma/' $1/config.json", "tamper", folder);
      assertThatThrownBy(() -> Team.chat(client, "chat", "stand-in: die"));
      team.awaitCondition("chat", "ModelVerified", "False ");
      assertThat(team.condition("chat", "ModelVerified")).contains("config.json");
      assertThatThrownBy(() -> Team.chat(client, "chat", "1+1="));

      cluster.onNode(node, "sh", "-c", "rm -f $1/*", "lose", folder);
      await()
          .during(Duration.ofSeconds(20))
          .atMost(Team.PATIENCE)
          .until(() -> team.condition("chat", "ModelVerified").startsWith("False "));
      assertThatThrownBy(() -> Team.chat(client, "chat", "1+1="));

      // The files are back: it serves again by itself.
      model
          .files()
          .forEach(
              (path, bytes) ->
                  cluster.onNode(
                      node,
                      "sh",
                      "-c",
                      "echo $3 | base64 -d > $1/$2",
                      "put",
                      folder,
                      path,
                      Base64.getEncoder().encodeToString(bytes)));
      await()
          .atMost(Team.PATIENCE)
          .ignoreExceptions()
          .until(() -> Team.chat(client, "chat", "1+1=").contains("2"));
    } finally {
      ringfence.kubectl("delete", "pv", name, "--wait=false");
    }
  }
}
