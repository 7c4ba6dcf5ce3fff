package dev.ringfence.e2e.stories;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.openai.client.OpenAIClient;
import dev.ringfence.e2e.cluster.TestCluster;
import dev.ringfence.e2e.cluster.TestNamespace;
import dev.ringfence.e2e.engine.StandInModel;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** An engine breaks, or what it is made of: it serves again, or it serves nobody. */
@Execution(ExecutionMode.CONCURRENT)
@Order(1) // the long ones begin first
@Story
final class EngineFailuresStoryIT {

  /** It dies, hangs, and runs out of memory: each time the same pod serves again. */
  @Test
  void engineDiesHangsAndRunsOutOfMemory(TestCluster cluster, TestNamespace namespace) {
    String key = Team.newKey();
    try (Team team = Team.ofAcme(cluster, namespace, key)) {
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
    try (Team team = Team.ofAcme(cluster, namespace, key)) {
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

  /** A file of the volume changes between verification and the next start; then all are lost. */
  @Test
  void volumeIsTamperedWithAndLost(TestCluster cluster, TestNamespace namespace) {
    String key = Team.newKey();
    Installation ringfence = Installation.on(cluster);
    StandInModel model = StandInModel.plain();
    NodeFolder volume = NodeFolder.on(cluster, namespace.name() + "-model").with(model.files());
    ringfence.apply(
        volume.volume(namespace.name(), "models", "ReadOnlyMany")
            + NodeFolder.filledClaim(namespace.name(), "models"));
    ringfence.apply(
        model.trusted(
            volume.name(),
            "{volumeClaim: {claimName: models}}",
            "  quantization: {method: none}\n"));
    try (Team team = Team.ofAcme(cluster, namespace, key)) {
      team.apply(
          Team.workload("chat", List.of("acme"), List.of("chat"), "")
              .replace("ref: tiny", "ref: " + volume.name()));
      team.awaitReady("chat");
      OpenAIClient client = team.client("chat", "acme", key);
      assertThat(Team.chat(client, "chat", "1+1=")).contains("2");

      volume.sh("sed -i 's/llama/lloma/' $1/config.json");
      assertThatThrownBy(() -> Team.chat(client, "chat", "stand-in: die"));
      team.awaitCondition("chat", "ModelVerified", "False ");
      assertThat(team.condition("chat", "ModelVerified")).contains("config.json");
      assertThatThrownBy(() -> Team.chat(client, "chat", "1+1="));

      volume.sh("rm -f $1/*");
      await()
          .during(Duration.ofSeconds(20))
          .atMost(Team.PATIENCE)
          .until(() -> team.condition("chat", "ModelVerified").startsWith("False "));
      assertThatThrownBy(() -> Team.chat(client, "chat", "1+1="));

      // The files are back: it serves again by itself.
      volume.with(model.files());
      await()
          .atMost(Team.PATIENCE)
          .ignoreExceptions()
          .until(() -> Team.chat(client, "chat", "1+1=").contains("2"));
    }
  }
}
