package dev.ringfence.e2e.stories;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.openai.client.OpenAIClient;
import com.openai.core.http.StreamResponse;
import com.openai.errors.BadRequestException;
import com.openai.errors.UnauthorizedException;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import dev.ringfence.e2e.cluster.TestCluster;
import dev.ringfence.e2e.cluster.TestNamespace;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/**
 * From an empty cluster to a chat, and on: keys rotated and revoked, a bad update, the end. One
 * story, told in order.
 */
@Order(1) // the long ones begin first
@Story
final class FirstWorkloadStoryIT {

  @Test
  void installDeclareChatRotateRevokeDelete(TestCluster cluster, TestNamespace namespace) {
    Installation ringfence = Installation.on(cluster);
    try (Team team = new Team(ringfence, namespace.name())) {
      String key = Team.newKey();
      String others = Team.newKey();
      team.keys("support-acme", "alice", key);
      team.keys("support-globex", "bob", others);
      String good = Team.workload("support", List.of("acme", "globex"), List.of("chat"), "");
      team.apply(good);
      team.awaitReady("support");
      assertThat(team.condition("support", "Attested")).startsWith("True ");
      assertThat(team.condition("support", "ModelVerified")).startsWith("True ");

      // A chat, whole and streamed, by OpenAI's own client.
      OpenAIClient acme = team.client("support", "acme", key);
      assertThat(Team.chat(acme, "chat", "20+22=")).isEqualTo("20 + 22 is 42.");
      try (StreamResponse<ChatCompletionChunk> stream =
          acme.chat()
              .completions()
              .createStreaming(
                  ChatCompletionCreateParams.builder()
                      .model("chat")
                      .addUserMessage("1+2=")
                      .maxCompletionTokens(16)
                      .build())) {
        String text =
            stream.stream()
                .flatMap(c -> c.choices().stream())
                .flatMap(c -> c.delta().content().stream())
                .collect(Collectors.joining());
        assertThat(text).isEqualTo("1 + 2 is 3.");
      }

      // One tenant's key is refused by the other's engine.
      OpenAIClient wrong = team.client("support", "globex", key);
      assertThatThrownBy(() -> Team.chat(wrong, "chat", "hello"))
          .isInstanceOfSatisfying(
              UnauthorizedException.class, e -> assertThat(e.code()).contains("VLLM-501"));
      assertThat(Team.chat(team.client("support", "globex", others), "chat", "1+1="))
          .isEqualTo("1 + 1 is 2.");

      // Rotation: both keys for a while, then the new one alone. No engine restarts.
      Pod before = team.pod("support", "acme");
      String next = Team.newKey();
      team.keys("support-acme", "alice", key, next);
      OpenAIClient withNext = team.client("support", "acme", next);
      awaitChat(withNext, true);
      awaitChat(acme, true);
      team.keys("support-acme", "alice", next);
      awaitChat(acme, false);
      awaitChat(withNext, true);

      // A bad update is refused in words, and one that comes past admission is held.
      assertThat(
              team.refused(
                  good.replace(
                      "drainSeconds: 5", "drainSeconds: 5\n  engine: {enablePrefixCaching: true}")))
          .contains("VLLM-101");
      assertThat(Team.chat(withNext, "chat", "2+3=")).isEqualTo("2 + 3 is 5.");
      assertThat(team.pod("support", "acme").getMetadata().getUid())
          .isEqualTo(before.getMetadata().getUid());

      // Revoked: the key Secret is gone, and nobody comes in.
      ringfence.kubectl("-n", namespace.name(), "delete", "secret", "support-acme");
      awaitChat(withNext, false);

      ringfence.kubectl("-n", namespace.name(), "delete", "vllmdeployment", "support");
      await()
          .atMost(Team.PATIENCE)
          .untilAsserted(
              () ->
                  assertThat(
                          ringfence.kubectl(
                              "-n",
                              namespace.name(),
                              "get",
                              "pods,deployments,services,networkpolicies,configmaps,jobs",
                              "-l",
                              "app.kubernetes.io/managed-by=ringfence",
                              "-o",
                              "name"))
                      .doesNotContain("support"));
    }
  }

  /** Keys are in force 90 seconds after the Secret at the latest; more on a crowded machine. */
  private static void awaitChat(OpenAIClient client, boolean answered) {
    await()
        .atMost(Team.PATIENCE)
        .pollInterval(Duration.ofSeconds(2))
        .until(
            () -> {
              try {
                Team.chat(client, "chat", "1+1=");
                return answered;
              } catch (UnauthorizedException e) {
                return !answered;
              } catch (BadRequestException e) {
                throw new AssertionError(e);
              }
            });
  }
}
