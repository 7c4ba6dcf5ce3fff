package dev.ringfence.e2e.vllm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** One real engine behind one real guard, as rendered: what its clients get, and what it leaves. */
@Tag("vllm")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class RealEngineIT {
  private static final String SERVICE = "Service";
  private static final String ISOLATION = "Isolation";

  /** Is in prompts only, and long enough to be no part of anything else. */
  private static final String CANARY = "canary-7f3d91c04b";

  private static final String ROUND =
      "a careful engineer reads every line of the manual before she turns";

  @TempDir private static Path folder;
  private static Path environment;
  private static RealPod pod;

  @BeforeAll
  static void startOnce() throws IOException, InterruptedException {
    assumeTrue("root".equals(System.getProperty("user.name")), "needs root: name spaces, uid 2000");
    environment = Programs.installed();
    Path model = Programs.tinyModel(folder.resolve("tiny"));
    RealPod.Parts parts = Declared.parts(folder.resolve("in"), model, Declared.trusted(model));
    pod = RealPod.start(folder.resolve("pod"), parts);
    pod.awaitReady();
  }

  @AfterAll
  static void end() throws IOException {
    if (pod != null) {
      pod.close();
    }
  }

  private static JsonNode client(String... steps) throws IOException, InterruptedException {
    return Declared.client(environment, pod, Map.of("CANARY", CANARY), List.of(steps));
  }

  @Test
  @Order(1)
  void isAttestedAndAnswersTheOpenAiClient() throws IOException, InterruptedException {
    JsonNode state = pod.state();
    assertThat(state.at("/attestation/ok").asBoolean()).isTrue();
    assertThat(state.at("/smokeTest/ok").asBoolean()).isTrue();
    assertThat(state.at("/egress/blocked").asBoolean()).isTrue();
    assertThat(state.at("/verification/ok").asBoolean()).isTrue();
    List<String> checks = new ArrayList<>();
    state.at("/attestation/checks").forEach(c -> checks.add(c.get("what") + " " + c.get("got")));
    Seen.record(SERVICE, "the attestation's checks", String.join(", ", checks).replace("\"", "`"));

    JsonNode seen = client("models", "plain", "streamed", "completed");
    assertThat(seen.get("models")).extracting(JsonNode::asText).containsExactly("tiny");
    assertThat(seen.get("plain").get("text").asText().strip()).isEqualTo(ROUND);
    assertThat(seen.get("plain").get("finish").asText()).isEqualTo("length");
    assertThat(seen.get("plain").get("tokens").asInt()).isEqualTo(12);
    assertThat(seen.get("streamed").get("text").asText().strip()).isEqualTo(ROUND);
    // The engine may put several tokens into one event; the last event holds the usage.
    assertThat(seen.get("streamed").get("events").asInt()).isGreaterThan(3);
    assertThat(seen.get("completed").get("text").asText().strip())
        .isEqualTo("engineer reads every line of the");
    Seen.record(
        SERVICE,
        "OpenAI's Python client: models, chat, chat streamed, completion",
        "each as from OpenAI; the model's text: `" + ROUND + "`");
  }

  @Test
  @Order(2)
  void limitsHold() throws IOException, InterruptedException {
    JsonNode seen =
        client(
            "by_default", "most", "too_many", "unknown_field", "too_hot", "not_open", "wrong_key");
    assertThat(seen.get("by_default").get("tokens").asInt()).isEqualTo(512);
    assertThat(seen.get("most").get("tokens").asInt()).isEqualTo(2048);
    Seen.record(SERVICE, "output tokens: none asked, 2048 asked", "512, 2048");
    for (String step : List.of("too_many", "unknown_field", "too_hot", "not_open", "wrong_key")) {
      JsonNode refused = seen.get(step);
      Seen.record(
          SERVICE,
          "refused: " + step.replace('_', ' '),
          refused.get("status").asText() + ", " + refused.path("code").asText());
    }
    assertThat(seen.get("too_many").get("code").asText()).isEqualTo("VLLM-302");
    assertThat(seen.get("unknown_field").get("code").asText()).isEqualTo("VLLM-306");
    assertThat(seen.get("too_hot").get("code").asText()).isEqualTo("VLLM-503");
    assertThat(seen.get("not_open").get("code").asText()).isEqualTo("VLLM-505");
    assertThat(seen.get("wrong_key").get("code").asText()).isEqualTo("VLLM-501");
  }

  @Test
  @Order(3)
  void promptsStayOutOfLogsAndOfThePrefixCache() throws IOException, InterruptedException {
    assertThat(client("canary").get("canary").get("texts").asInt()).isEqualTo(1);
    for (String container : List.of("engine", "guard", "verify")) {
      assertThat(pod.log(container)).doesNotContain(CANARY);
    }
    assertThat(pod.log("engine")).as("it does log").contains("Started server process");
    String metrics = metrics();
    assertThat(metrics).doesNotContain(CANARY);
    assertThat(pod.admin("/metrics").body()).doesNotContain(CANARY);
    assertThat(pod.state().toString()).doesNotContain(CANARY);
    Seen.record(
        ISOLATION,
        "a word of prompts, asked for in four ways and refused in two",
        "in no log of engine, guard or verifier, in no metric, not on `/state`");
    double hits = sum(metrics, "vllm:prefix_cache_hits_total");
    double queries = sum(metrics, "vllm:prefix_cache_queries_total");
    assertThat(hits).isZero();
    Seen.record(
        ISOLATION,
        "prefix cache after equal prompts",
        "%d hits of %d queries".formatted((long) hits, (long) queries));
  }

  @Test
  @Order(4)
  void processesAreConfined() throws IOException {
    List<ProcessHandle> engine = pod.engine();
    assertThat(engine).as("server, core, worker").hasSizeGreaterThanOrEqualTo(2);
    TreeSet<String> confined = new TreeSet<>();
    for (ProcessHandle p : engine) {
      String pid = Long.toString(p.pid());
      confined.add(
          "uids %s, gids %s, groups %s, no_new_privs %s, capabilities %s of %s"
              .formatted(
                  RealPod.status(p.pid(), "Uid"),
                  RealPod.status(p.pid(), "Gid"),
                  RealPod.status(p.pid(), "Groups"),
                  RealPod.status(p.pid(), "NoNewPrivs"),
                  RealPod.status(p.pid(), "CapEff"),
                  RealPod.status(p.pid(), "CapBnd")));
      String told =
          RealPod.commandLine(p.pid())
              + Files.readString(Path.of("/proc", pid, "environ"), StandardCharsets.ISO_8859_1);
      assertThat(told).doesNotContain(Declared.KEY).doesNotContainPattern("HF_TOKEN=[^\0]");
    }
    assertThat(confined).hasSize(1);
    Seen.record(ISOLATION, "every process of the engine", confined.first());
    Seen.record(
        ISOLATION, "command lines and environments of those processes", "no API key, no hub token");
  }

  /** The pod has a network of its own: what listens there is the guard or the engine. */
  @Test
  @Order(5)
  void theEngineListensOnLoopbackOnly() throws IOException {
    String pid = Long.toString(pod.engine().getFirst().pid());
    List<String> outside = new ArrayList<>();
    List<String> inside = new ArrayList<>();
    for (String table : List.of("tcp", "tcp6")) {
      for (String line : Files.readAllLines(Path.of("/proc", pid, "net", table))) {
        String[] columns = line.strip().split("\\s+", -1);
        if (columns.length > 3 && columns[3].equals("0A")) {
          String[] local = columns[1].split(":", -1);
          int port = Integer.parseInt(local[1], 16);
          if (local[0].equals("0100007F") || local[0].endsWith("0100007F")) {
            inside.add(Integer.toString(port));
          } else {
            outside.add(Integer.toString(port));
          }
        }
      }
    }
    assertThat(inside).as("the engine's processes talk over TCP").isNotEmpty();
    assertThat(outside).as("the guard's two ports").containsExactlyInAnyOrder("8080", "9901");
    Seen.record(
        ISOLATION,
        "TCP ports that listen in the pod",
        "8080 and 9901, both the guard's; the engine's are all on 127.0.0.1");
  }

  @Test
  @Order(6)
  void aClientThatGoesAwayStopsTheEnginesWork() throws IOException, InterruptedException {
    for (boolean stream : List.of(true, false)) {
      double before = sum(metrics(), "vllm:generation_tokens_total");
      try (Socket client = new Socket(pod.address(), 8080)) {
        String body =
            "{\"model\":\"tiny\",\"stream\":%s,\"max_tokens\":2048,\"messages\":[{\"role\":\"user\",\"content\":\"go\"}]}"
                .formatted(stream);
        client
            .getOutputStream()
            .write(
                ("POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
                        + Declared.KEY
                        + "\r\nContent-Type: application/json\r\nContent-Length: "
                        + body.length()
                        + "\r\n\r\n"
                        + body)
                    .getBytes(StandardCharsets.US_ASCII));
        await("the engine works on it")
            .atMost(Duration.ofSeconds(30))
            .pollInterval(Duration.ofMillis(20))
            .until(() -> sum(metrics(), "vllm:num_requests_running") == 1);
        if (stream) {
          InputStream in = client.getInputStream();
          assertThat(in.read()).isEqualTo('H');
        }
      }
      await("the engine has dropped it")
          .atMost(Duration.ofSeconds(30))
          .pollInterval(Duration.ofMillis(20))
          .until(() -> sum(metrics(), "vllm:num_requests_running") == 0);
      double made = sum(metrics(), "vllm:generation_tokens_total") - before;
      assertThat(made).as("tokens of 2048").isLessThan(2048);
    }
    Seen.record(
        SERVICE,
        "a client that goes away, streaming and not",
        "`vllm:num_requests_running` drops to 0 before the 2048 tokens are made");
  }

  /** Last: the engine dies. In place of it a new one starts, and nothing is believed of the old. */
  @Test
  @Order(7)
  void aKilledEngineIsVerifiedAnew() throws IOException, InterruptedException {
    long starts = pod.state().at("/engine/starts").asLong();
    long containers = pod.starts("engine");
    pod.engine().getFirst().destroyForcibly();
    await("unready").atMost(Duration.ofSeconds(20)).until(() -> !pod.ready());
    pod.awaitReady();
    JsonNode state = pod.state();
    assertThat(pod.starts("engine")).isEqualTo(containers + 1);
    assertThat(state.at("/engine/starts").asLong()).isGreaterThan(starts);
    assertThat(state.at("/verification/ok").asBoolean()).isTrue();
    assertThat(client("plain").get("plain").get("text").asText().strip()).isEqualTo(ROUND);
    Seen.record(
        SERVICE,
        "the engine killed",
        "unready; started again in place, verified, attested and smoke-tested anew, then ready");
  }

  private static String metrics() throws IOException, InterruptedException {
    return pod.admin("/engine/metrics").body();
  }

  /** The sum of all samples of a metric. */
  private static double sum(String metrics, String name) {
    Matcher m =
        Pattern.compile("(?m)^" + Pattern.quote(name) + "(?:\\{[^}]*})? (\\S+)$").matcher(metrics);
    double sum = 0;
    int found = 0;
    while (m.find()) {
      sum += Double.parseDouble(m.group(1));
      found++;
    }
    assertThat(found).as(name + " is among the engine's metrics").isPositive();
    return sum;
  }
}
