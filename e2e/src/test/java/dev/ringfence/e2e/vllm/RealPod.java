package dev.ringfence.e2e.vllm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A rendered pod as processes of this machine: the real guard, the real verifier, the real engine.
 * {@code tools/vllm/pod} does what a kubelet would.
 */
final class RealPod implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** From the pod's start to ready: an engine takes half a minute, on a busy machine minutes. */
  private static final Duration START = Duration.ofMinutes(15);

  private final Path state;
  private final Process process;
  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(5))
          .build();

  private RealPod(Path state, Process process) {
    this.state = state;
    this.process = process;
  }

  /** What a pod is made of. */
  record Parts(Path rendered, Path model, Path keys) {}

  static RealPod start(Path state, Parts parts, String... options) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Programs.TOOLS.resolve("pod").toString(),
                "--state",
                state.toString(),
                "--rendered",
                parts.rendered().toString(),
                "--model",
                parts.model().toString(),
                "--keys",
                parts.keys().toString(),
                "--guard",
                Programs.GUARD.toString(),
                "--java",
                Programs.JAVA.toString()));
    command.addAll(List.of(options));
    Files.createDirectories(state);
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(state.resolve("pod.log").toFile())
            .start();
    RealPod pod = new RealPod(state, process);
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> !process.isAlive() || Files.exists(state.resolve("address")));
    assertThat(process.isAlive()).as(Files.readString(state.resolve("pod.log"))).isTrue();
    return pod;
  }

  String address() throws IOException {
    return Files.readString(state.resolve("address")).strip();
  }

  /** The tenant's port. */
  URI api() throws IOException {
    return URI.create("http://" + address() + ":8080");
  }

  /** What a container printed so far, over all its starts. */
  String log(String container) throws IOException {
    Path log = state.resolve("logs").resolve(container + ".log");
    return Files.exists(log) ? Files.readString(log, StandardCharsets.UTF_8) : "";
  }

  /** How often a container was started. */
  long starts(String container) throws IOException {
    Path starts = state.resolve("starts");
    return Files.exists(starts)
        ? Files.readAllLines(starts).stream().filter(container::equals).count()
        : 0;
  }

  HttpResponse<String> admin(String path) throws IOException, InterruptedException {
    assertThat(process.isAlive()).as("the pod runs; see " + state).isTrue();
    return http.send(
        HttpRequest.newBuilder(URI.create("http://" + address() + ":9901" + path))
            .timeout(Duration.ofSeconds(10))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  boolean ready() throws InterruptedException {
    try {
      return admin("/ready").statusCode() == 200;
    } catch (IOException e) {
      return false; // the guard is not listening yet, or just restarting
    }
  }

  JsonNode state() throws IOException, InterruptedException {
    return JSON.readTree(admin("/state").body());
  }

  void awaitReady() {
    await("ready, or see the logs in " + state)
        .atMost(START)
        .pollInterval(Duration.ofMillis(500))
        .until(this::ready);
  }

  /** Looks for a while whether it becomes ready after all. */
  void staysUnready(Duration time) throws InterruptedException {
    Instant end = Instant.now().plus(time);
    while (Instant.now().isBefore(end)) {
      assertThat(ready()).isFalse();
      Thread.sleep(500);
    }
  }

  /** Waits until the guard's own account of itself is as wanted. */
  JsonNode awaitState(String what, java.util.function.Predicate<JsonNode> wanted) {
    return await(what)
        .atMost(START)
        .pollInterval(Duration.ofMillis(500))
        .ignoreExceptions()
        .until(this::state, wanted);
  }

  /** All processes of the pod whose command line holds a text, as this machine sees them. */
  List<ProcessHandle> processes(String text) {
    return process
        .descendants()
        .filter(p -> commandLine(p.pid()).contains(text))
        .filter(p -> !commandLine(p.pid()).contains("/tools/vllm/pod"))
        .toList();
  }

  /** The processes of the engine: server, core, worker. */
  List<ProcessHandle> engine() {
    Stream<ProcessHandle> servers = processes("vllm serve").stream();
    return servers.flatMap(s -> Stream.concat(Stream.of(s), s.descendants())).distinct().toList();
  }

  static String commandLine(long pid) {
    try {
      return Files.readString(Path.of("/proc/" + pid + "/cmdline"), StandardCharsets.ISO_8859_1)
          .replace('\0', ' ');
    } catch (IOException e) {
      return ""; // has ended
    }
  }

  /** A field of {@code /proc/PID/status}. */
  static String status(long pid, String field) throws IOException {
    return Files.readAllLines(Path.of("/proc/" + pid + "/status")).stream()
        .filter(l -> l.startsWith(field + ":"))
        .map(l -> l.substring(field.length() + 1).strip().replace('\t', ' '))
        .findFirst()
        .orElse("");
  }

  @Override
  public void close() throws IOException {
    process.getOutputStream().close();
    boolean ended = false;
    try {
      ended = process.waitFor(20, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (!ended) {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
  }
}
