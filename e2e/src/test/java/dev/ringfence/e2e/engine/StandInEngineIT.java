package dev.ringfence.e2e.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.io.File;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The real guard and the stand-in engine by the very commands that are rendered: verification, the
 * start script, attestation, smoke test, a chat, and what an engine does wrong.
 */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
final class StandInEngineIT {
  private static final Path CHECKOUT = Path.of("..");
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String KEY = "rf-" + "k".repeat(40);

  private static Optional<StandInEngine> engine = Optional.empty();

  @TempDir private Path temp;
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final List<LocalPod> pods = new ArrayList<>();
  private int api;
  private int admin;

  @BeforeAll
  static void build() {
    LocalPod.missing().ifPresent(reason -> Assumptions.abort(reason));
    engine = Optional.of(StandInEngine.build(CHECKOUT, System.err::println));
  }

  @AfterEach
  void stop() {
    pods.forEach(LocalPod::close);
  }

  /** A workload of one tenant under the strict policy; quantized, so that a smoke test is asked. */
  private static String manifest(StandInModel model, String served) {
    return """
        apiVersion: ringfence.dev/v1alpha1
        kind: VLLMPolicy
        metadata: {name: default}
        spec:
          engine:
            allowCpu: true
            images: [{image: "registry.example/stand-in@sha256:%1$s", version: 0.33.0}]
          scheduling: {requireRestrictedNamespace: false}
          network: {requireEnforcement: false}
        ---
        %2$s
        ---
        apiVersion: ringfence.dev/v1alpha1
        kind: VLLMDeployment
        metadata: {name: chat, namespace: team}
        spec:
          model: {ref: tiny, servedNames: [%3$s]}
          tenants: [{name: acme, apiKeySecretRef: {name: acme-keys}}]
          resources: {gpus: 0, cpu: "1", memory: 2Gi}
          drainSeconds: 5
        """
        .formatted(
            "a".repeat(64),
            model.trusted(
                "tiny",
                "{volumeClaim: {claimName: models}}",
                """
                  quantization: {method: awq, bits: 4, groupSize: 128}
                  smokeTest: [{prompt: "2+2=", expect: "\\\\b4\\\\b", maxTokens: 16}]
                """),
            served);
  }

  private LocalPod pod(String served) throws IOException {
    StandInModel model = StandInModel.awq();
    Path files = Files.createDirectory(temp.resolve("model"));
    model.write(files);
    Path keys = Files.createDirectory(temp.resolve("keys"));
    Files.writeString(keys.resolve("alice"), KEY + "\n");
    List<HasMetadata> objects = Rendering.of(manifest(model, served), temp);
    LocalPod pod = new LocalPod(temp, objects, "chat--acme", Map.of("model", files, "keys", keys));
    pods.add(pod);
    return pod;
  }

  private static List<String> guardImage() {
    return List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "-cp",
        Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
            .map(entry -> LocalPod.seen(Path.of(entry)))
            .collect(Collectors.joining(File.pathSeparator)),
        "dev.ringfence.guard.Main");
  }

  /** The guard's arguments as rendered, but for the ports: others use this machine too. */
  private List<String> guardArguments(LocalPod pod) throws IOException {
    api = freePort();
    admin = freePort();
    return pod.container("guard").getArgs().stream()
        .map(a -> a.equals("0.0.0.0:8080") ? "127.0.0.1:" + api : a)
        .map(a -> a.equals("0.0.0.0:9901") ? "127.0.0.1:" + admin : a)
        .toList();
  }

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  private static Process startEngine(LocalPod pod) {
    StandInEngine program = engine.orElseThrow();
    return pod.start(
        "engine",
        List.of(),
        pod.container("engine").getArgs(),
        Map.of(
            "PATH",
            LocalPod.seen(program.folder()) + ":/usr/local/bin:/usr/bin:/bin",
            StandInEngine.VERSION,
            "0.33.0"));
  }

  /** As the kubelet: the guard, then the init container, then the engine. */
  private Process start(LocalPod pod) throws Exception {
    pod.start("guard", guardImage(), guardArguments(pod), Map.of());
    await().atMost(Duration.ofSeconds(30)).until(() -> status(admin("/live")) == 200);
    Process verify = pod.start("verify", guardImage(), pod.container("verify").getArgs(), Map.of());
    assertThat(verify.waitFor()).as(() -> text(pod.log("verify"))).isZero();
    return startEngine(pod);
  }

  private void awaitReady(LocalPod pod) {
    await()
        .atMost(Duration.ofSeconds(40))
        .pollInterval(Duration.ofMillis(200))
        .failFast("the engine ended", () -> pods.isEmpty())
        .untilAsserted(
            () ->
                assertThat(status(admin("/ready")))
                    .as(() -> get("/state") + text(pod.log("engine")))
                    .isEqualTo(200));
  }

  private HttpRequest admin(String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + admin + path))
        .timeout(Duration.ofSeconds(5))
        .build();
  }

  private int status(HttpRequest request) throws InterruptedException {
    try {
      return http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
    } catch (IOException e) {
      return 0;
    }
  }

  private String get(String path) {
    try {
      return http.send(admin(path), HttpResponse.BodyHandlers.ofString()).body();
    } catch (IOException e) {
      return "no answer";
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "interrupted";
    }
  }

  private static String text(Path file) {
    try {
      return Files.exists(file) ? Files.readString(file, StandardCharsets.UTF_8) : "";
    } catch (IOException e) {
      return fail(e);
    }
  }

  private HttpResponse<String> chat(String prompt, String model) throws Exception {
    String body =
        JSON.writeValueAsString(
            Map.of(
                "model",
                model,
                "max_tokens",
                64,
                "messages",
                List.of(Map.of("role", "user", "content", prompt))));
    return http.send(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + api + "/v1/chat/completions"))
            .header("Authorization", "Bearer " + KEY)
            .header("Content-Type", "application/json")
            .timeout(Duration.ofSeconds(30))
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private JsonNode state() throws IOException {
    return JSON.readTree(get("/state"));
  }

  @Test
  void servesByTheRenderedCommandAndStartsAgainAfterItDied() throws Exception {
    LocalPod pod = pod("chat");
    Process process = start(pod);
    awaitReady(pod);
    JsonNode state = state();
    assertThat(state.at("/attestation/checks").size()).isGreaterThan(7);
    assertThat(state.at("/smokeTest/ok").asBoolean()).isTrue();

    HttpResponse<String> answer = chat("20+22=", "chat");
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    assertThat(JSON.readTree(answer.body()).at("/choices/0/message/content").asText())
        .isEqualTo("20 + 22 is 42.");
    assertThat(chat("hello", "other").statusCode()).isEqualTo(400);

    // Equal prompts hit no prefix cache; the counters are vLLM's.
    String same = "the same words again and again, ".repeat(20);
    chat(same, "chat");
    chat(same, "chat");
    assertThat(get("/engine/metrics"))
        .contains("vllm:prefix_cache_hits_total{engine=\"0\",model_name=\"chat\"} 0.0")
        .contains(
            "vllm:request_success_total{engine=\"0\",model_name=\"chat\",finished_reason=\"stop\"} 4.0")
        .doesNotContain("process_open_fds");
    assertThat(text(pod.log("engine")) + text(pod.log("guard")))
        .doesNotContain("the same words")
        .doesNotContain(KEY);
    assertThat(pod.volume("run").resolve("healthy")).exists();

    // It dies: the guard says 502 or 503, and the container that comes back is looked at anew.
    assertThat(chat("stand-in: die", "chat").statusCode()).isIn(502, 503);
    assertThat(process.waitFor()).isNotZero();
    await().until(() -> status(admin("/ready")) == 503);
    startEngine(pod);
    awaitReady(pod);
    assertThat(state().at("/engine/starts").asInt()).isEqualTo(2);
    assertThat(chat("1+1=", "chat").statusCode()).isEqualTo(200);
  }

  @Test
  void aHangingEngineTurnsUnreadyThenDead() throws Exception {
    LocalPod pod = pod("chat");
    start(pod);
    awaitReady(pod);
    Thread.startVirtualThread(
        () -> {
          try {
            chat("stand-in: hang", "chat");
          } catch (Exception e) {
            // Its answer never comes; what the guard says of the engine is what counts.
          }
        });
    await().atMost(Duration.ofSeconds(20)).until(() -> status(admin("/ready")) == 503);
    await()
        .atMost(Duration.ofSeconds(40))
        .untilAsserted(() -> assertThat(pod.volume("run").resolve("dead")).exists());
  }

  @Test
  void aLyingEngineIsNeverReady() throws Exception {
    LocalPod pod = pod("chat, stand-in/attest/enable_prefix_caching");
    start(pod);
    await()
        .atMost(Duration.ofSeconds(40))
        .untilAsserted(
            () ->
                assertThat(state().at("/reasons").toString())
                    .as(text(pod.log("engine")))
                    .contains("VLLM-101"));
    assertThat(status(admin("/ready"))).isEqualTo(503);
    assertThat(chat("hello", "chat").statusCode()).isEqualTo(503);
  }

  @Test
  void aWrongAnswerInTheSmokeTestIsNeverReady() throws Exception {
    LocalPod pod = pod("chat, stand-in/smoke-wrong");
    start(pod);
    await()
        .atMost(Duration.ofSeconds(40))
        .untilAsserted(() -> assertThat(state().at("/reasons").toString()).contains("VLLM-603"));
    assertThat(status(admin("/ready"))).isEqualTo(503);
  }

  @Test
  void anEngineThatRefusesToStartServesNobody() throws Exception {
    LocalPod pod = pod("chat, stand-in/refuse");
    assertThat(start(pod).waitFor()).isEqualTo(1);
    assertThat(text(pod.log("engine"))).contains("Engine core initialization failed");
    assertThat(status(admin("/ready"))).isEqualTo(503);
  }

  /** A file changed after verification, before the engine starts: the script is told to end. */
  @Test
  void aModelThatWasTamperedWithIsNotStarted() throws Exception {
    LocalPod pod = pod("chat");
    pod.start("guard", guardImage(), guardArguments(pod), Map.of());
    await().atMost(Duration.ofSeconds(30)).until(() -> status(admin("/live")) == 200);
    Process verify = pod.start("verify", guardImage(), pod.container("verify").getArgs(), Map.of());
    assertThat(verify.waitFor()).isZero();
    Path config = pod.volume("model").resolve("config.json");
    Files.writeString(
        config,
        Files.readString(config)
            .replace("\"llama\"", "\"llama\", \"auto_map\": {\"AutoModel\": \"x.Y\"}"));
    assertThat(startEngine(pod).waitFor()).isEqualTo(1);
    assertThat(text(pod.log("engine"))).contains("VLLM-405", "config.json");
    assertThat(status(admin("/ready"))).isEqualTo(503);
  }

  /** The stand-in's parser is held against vLLM's own: in its module, by Go's own test runner. */
  @Test
  void itsOwnTestsPass() throws Exception {
    ProcessBuilder go =
        new ProcessBuilder("go", "test", "./...")
            .directory(CHECKOUT.resolve("tools/stand-in-engine").toFile())
            .redirectErrorStream(true);
    go.environment().put("GOWORK", "off");
    Process p = go.start();
    String said = new String(p.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(p.waitFor()).as(said).isZero();
  }
}
