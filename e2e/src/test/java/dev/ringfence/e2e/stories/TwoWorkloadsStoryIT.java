package dev.ringfence.e2e.stories;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.openai.client.OpenAIClient;
import com.openai.errors.UnauthorizedException;
import dev.ringfence.e2e.cluster.TestCluster;
import dev.ringfence.e2e.cluster.TestNamespace;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Two workloads of a namespace have nothing of each other: no key, no name, no end. */
@Story
final class TwoWorkloadsStoryIT {

  @Test
  void eachForItself(TestCluster cluster, TestNamespace namespace) {
    try (Team team = new Team(Installation.on(cluster), namespace.name())) {
      String chatKey = Team.newKey();
      String codeKey = Team.newKey();
      team.keys("chat-acme", "alice", chatKey);
      team.keys("code-acme", "alice", codeKey);
      String first = Team.workload("chat", List.of("acme"), List.of("chat"), "");
      team.apply(first + "---\n" + Team.workload("code", List.of("acme"), List.of("code"), ""));
      team.awaitReady("chat");
      team.awaitReady("code");
      Pod code = team.pod("code", "acme");

      OpenAIClient chat = team.client("chat", "acme", chatKey);
      OpenAIClient coding = team.client("code", "acme", codeKey);
      assertThat(Team.chat(chat, "chat", "1+1=")).contains("2");
      assertThat(Team.chat(coding, "code", "2+2=")).contains("4");
      for (OpenAIClient wrong :
          List.of(team.client("chat", "acme", codeKey), team.client("code", "acme", chatKey))) {
        assertThatThrownBy(() -> Team.chat(wrong, "chat", "1+1="))
            .isInstanceOfSatisfying(
                UnauthorizedException.class, e -> assertThat(e.code()).contains("VLLM-501"));
      }
      // The other's name is no model here.
      assertThatThrownBy(() -> Team.chat(coding, "chat", "1+1="))
          .hasMessageContaining("/v1/models lists");

      team.apply(first + "  suspended: true\n");
      await().atMost(Team.PATIENCE).until(() -> team.pods("chat", "acme").isEmpty());
      assertThat(Team.chat(coding, "code", "3+3=")).contains("6");
      team.apply(first);
      team.awaitReady("chat");
      assertThat(Team.chat(team.client("chat", "acme", chatKey), "chat", "1+1=")).contains("2");

      team.kubectl("-n", team.namespace(), "delete", "vllmdeployment", "chat");
      await().atMost(Team.PATIENCE).until(() -> team.pods("chat", "acme").isEmpty());
      assertThat(Team.chat(coding, "code", "4+4=")).contains("8");
      assertThat(team.pod("code", "acme").getMetadata().getUid())
          .isEqualTo(code.getMetadata().getUid());
      assertThat(team.restarts("code", "acme", "engine")).isZero();
    }
  }
}
