package dev.ringfence.e2e.stories;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.ringfence.e2e.cluster.TestCluster;
import dev.ringfence.e2e.cluster.TestNamespace;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;

/** The operator or a node fails, under everybody's feet: what served serves again. */
@Isolated("takes the operator and nodes from the others")
@Story
final class ClusterFailuresStoryIT {

  /** The operator is killed every two seconds while a workload comes up; it comes up. */
  @Test
  void operatorKilledAtAnyMoment(TestCluster cluster, TestNamespace namespace) throws Exception {
    String key = Team.newKey();
    try (Team team = Team.ofAcme(cluster, namespace, key)) {
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

  /** A node is drained, and another restarted: the engine moves, and comes back. */
  @Test
  void nodeIsDrainedAndRestarted(TestCluster cluster, TestNamespace namespace) {
    String key = Team.newKey();
    Installation ringfence = Installation.on(cluster);
    try (Team team = Team.ofAcme(cluster, namespace, key)) {
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
}
