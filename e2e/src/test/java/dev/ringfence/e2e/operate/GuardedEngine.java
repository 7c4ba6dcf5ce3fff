package dev.ringfence.e2e.operate;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ringfence.e2e.engine.Rendering;
import dev.ringfence.e2e.engine.StandInEngine;
import dev.ringfence.e2e.engine.StandInModel;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The real guard, started by hand in front of a stand-in engine that listens on a Unix socket. The
 * policy is the rendered one; the model is not verified again.
 */
final class GuardedEngine implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  static final String KEY = "rf-" + "k".repeat(40);

  private final Path folder;
  private final Path keys;
  private final int api = freePort();
  private final int admin = freePort();
  private final List<Process> processes = new ArrayList<>();
  private final HttpClient http = HttpClient.newHttpClient();

  private GuardedEngine(Path folder) throws IOException {
    this.folder = folder;
    this.keys = Files.createDirectories(folder.resolve("keys"));
  }

  /**
   * @param tenant whose engine it is
   */
  static GuardedEngine start(Path folder, StandInEngine engine, String tenant) throws IOException {
    GuardedEngine it = new GuardedEngine(Files.createDirectories(folder));
    Path model = Files.createDirectories(folder.resolve("model"));
    StandInModel files = StandInModel.plain();
    files.write(model);
    Files.writeString(it.keys.resolve("alice"), KEY + "\n");
    List<HasMetadata> objects = Rendering.of(manifest(files, tenant), folder);
    ObjectNode policy =
        (ObjectNode)
            JSON.readTree(
                Rendering.one(objects, ConfigMap.class, "chat--" + tenant + "-guard")
                    .getData()
                    .get("guard.json"));
    // Where the engine says that it serves from; in a pod that is the guard's verified copy.
    ((ObjectNode) policy.at("/contract/engine")).put("servedFolder", model.toString());
    Path config = Files.writeString(folder.resolve("guard.json"), policy.toString());
    Path socket = folder.resolve("e.sock");
    it.processes.add(
        it.process(
            "guard",
            Map.of(),
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            "dev.ringfence.guard.Main",
            "guard",
            "--config",
            config.toString(),
            "--keys",
            it.keys.toString(),
            "--engine",
            "unix:" + socket,
            "--listen",
            "127.0.0.1:" + it.api,
            "--admin",
            "127.0.0.1:" + it.admin));
    List<String> command = new ArrayList<>(List.of(engine.program().toString()));
    for (String argument :
        Rendering.one(objects, Deployment.class, "chat--" + tenant)
            .getSpec()
            .getTemplate()
            .getSpec()
            .getContainers()
            .get(0)
            .getArgs()) {
      if (!argument.equals("vllm")) {
        command.add(
            argument.startsWith("--uds=")
                ? "--uds=" + socket
                : argument.equals("/run/served/model") ? model.toString() : argument);
      }
    }
    it.processes.add(
        it.process(
            "engine",
            Map.of(StandInEngine.VERSION, "0.33.0", "HOME", folder.toString()),
            command.toArray(String[]::new)));
    return it;
  }

  private static String manifest(StandInModel model, String tenant) {
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
      model: {ref: tiny, servedNames: [chat]}
      tenants: [{name: %3$s, apiKeySecretRef: {name: some-keys}, requestsPerMinute: 60}]
      resources: {gpus: 0, cpu: "1", memory: 2Gi}
    """
        .formatted(
            "a".repeat(64),
            model.trusted(
                "tiny", "{volumeClaim: {claimName: models}}", "  quantization: {method: none}\n"),
            tenant);
  }

  private Process process(String name, Map<String, String> environment, String... command)
      throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve(name + ".log").toFile());
    builder.environment().putAll(environment);
    return builder.start();
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  /** Where Prometheus scrapes. */
  String adminAddress() {
    return "127.0.0.1:" + admin;
  }

  /** Where clients ask. */
  URI api() {
    return URI.create("http://127.0.0.1:" + api);
  }

  /** Puts lines of keys in place of those that are there. */
  void keys(String lines) throws IOException {
    Path next = Files.writeString(folder.resolve("alice"), lines);
    Files.move(next, keys.resolve("alice"), java.nio.file.StandardCopyOption.ATOMIC_MOVE);
  }

  boolean ready() {
    return send(HttpRequest.newBuilder(URI.create("http://" + adminAddress() + "/ready")).build())
        == 200;
  }

  String page(String path) throws IOException, InterruptedException {
    return http.send(
            HttpRequest.newBuilder(URI.create("http://" + adminAddress() + path)).build(),
            HttpResponse.BodyHandlers.ofString())
        .body();
  }

  /**
   * @return the status, 0 for no answer
   */
  int chat(String key, String prompt, boolean stream) {
    ObjectNode body = JSON.createObjectNode();
    body.put("model", "chat").put("max_tokens", 24).put("stream", stream);
    JsonNode message =
        body.putArray("messages").addObject().put("role", "user").put("content", prompt);
    assert message.isObject();
    return send(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + api + "/v1/chat/completions"))
            .header("Authorization", "Bearer " + key)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body.toString()))
            .timeout(Duration.ofSeconds(20))
            .build());
  }

  private int send(HttpRequest request) {
    try {
      return http.send(request, HttpResponse.BodyHandlers.ofString()).statusCode();
    } catch (IOException e) {
      return 0;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  String logs() {
    StringBuilder all = new StringBuilder();
    for (String name : List.of("guard", "engine")) {
      try {
        all.append(Files.readString(folder.resolve(name + ".log")));
      } catch (IOException e) {
        all.append("no log of ").append(name);
      }
    }
    return all.toString();
  }

  @Override
  public void close() {
    processes.forEach(Process::destroy);
    for (Process process : processes) {
      try {
        if (!process.waitFor(10, java.util.concurrent.TimeUnit.SECONDS)) {
          process.destroyForcibly();
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
