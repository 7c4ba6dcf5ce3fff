package dev.ringfence.e2e.evidence;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ringfence.e2e.cluster.TestCluster;
import dev.ringfence.e2e.cluster.TestNamespace;
import dev.ringfence.e2e.stories.Installation;
import dev.ringfence.e2e.stories.Story;
import dev.ringfence.e2e.stories.Team;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;

/**
 * The default policy, which wants NetworkPolicies enforced, on a cluster whose network enforces
 * none: the guard finds out and serves nobody, until the node drops what leaves its pod.
 */
@Isolated("its policy holds for every workload")
@Story
final class EnforcementIT {

  @Test
  void isProbedAndDemanded(TestCluster cluster, TestNamespace namespace) {
    Installation ringfence = Installation.on(cluster);
    String strict =
        ringfence.policy().replace("requireEnforcement: false", "requireEnforcement: true");
    String key = Team.newKey();
    try (Team team = new Team(ringfence, namespace.name())) {
      ringfence.apply(strict);
      team.keys("chat-acme", "alice", key);
      team.apply(Team.workload("chat", List.of("acme"), List.of("chat"), ""));
      team.awaitCondition("chat", "NetworkIsolated", "False NotEnforced: VLLM-509");
      Pod pod = team.pod("chat", "acme");
      assertThat(team.get(pod, 9901, "/state")).contains("\"egress\":{\"blocked\":false}");
      assertThat(team.condition("chat", "Ready")).startsWith("False ");

      String node = pod.getSpec().getNodeName();
      String ip = pod.getStatus().getPodIP();
      String rule = "FORWARD -s " + ip + " -m conntrack --ctstate NEW -j DROP";
      cluster.onNode(node, "sh", "-c", "iptables -I " + rule);
      try {
        team.awaitCondition("chat", "NetworkIsolated", "True Enforced");
        team.awaitReady("chat");
        assertThat(Team.chat(team.client("chat", "acme", key), "chat", "1+1=")).contains("2");
      } finally {
        cluster.onNode(node, "sh", "-c", "iptables -D " + rule);
      }
    } finally {
      ringfence.apply(ringfence.policy());
    }
  }
}
