package dev.ringfence.e2e.operate;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.ringfence.e2e.cluster.Binaries;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A real Prometheus: from PATH, else Debian's package, unpacked into the cache and not installed.
 */
final class Prometheus implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private final Process process;
  private final int port;
  private final HttpClient http = HttpClient.newHttpClient();

  private Prometheus(Process process, int port) {
    this.process = process;
    this.port = port;
  }

  /** Where {@code prometheus} and {@code promtool} are; empty where they cannot be had. */
  static Optional<Path> programs() {
    for (String folder : System.getenv().getOrDefault("PATH", "").split(":", -1)) {
      if (Files.isExecutable(Path.of(folder, "promtool"))
          && Files.isExecutable(Path.of(folder, "prometheus"))) {
        return Optional.of(Path.of(folder));
      }
    }
    Path cached = Binaries.cache(System.getenv()).resolve("prometheus");
    Path bin = cached.resolve("usr/bin");
    if (!Files.isExecutable(bin.resolve("promtool"))) {
      try {
        Files.createDirectories(cached);
        new Shell(cached, Map.of(), 120)
            .bash(
                "apt-get download prometheus && dpkg -x prometheus_*.deb . && rm prometheus_*.deb");
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return Files.isExecutable(bin.resolve("promtool")) ? Optional.of(bin) : Optional.empty();
  }

  /** Starts with a configuration, keeps its data in the folder, and waits until it answers. */
  static Prometheus start(Path programs, Path folder, String configuration) throws IOException {
    Path file = folder.resolve("prometheus.yml");
    Files.writeString(file, configuration);
    int port;
    try (ServerSocket socket = new ServerSocket(0)) {
      port = socket.getLocalPort();
    }
    Process process =
        new ProcessBuilder(
                programs.resolve("prometheus").toString(),
                "--config.file=" + file,
                "--storage.tsdb.path=" + folder.resolve("data"),
                "--web.listen-address=127.0.0.1:" + port)
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("prometheus.log").toFile())
            .start();
    return new Prometheus(process, port);
  }

  /** The series of an instant query. */
  JsonNode query(String expression) {
    return get("/api/v1/query?query=" + encoded(expression)).path("data").path("result");
  }

  /** The series of a range that ends now. */
  JsonNode range(String expression, int seconds, int step) {
    long end = System.currentTimeMillis() / 1000;
    return get("/api/v1/query_range?query="
            + encoded(expression)
            + "&start="
            + (end - seconds)
            + "&end="
            + end
            + "&step="
            + step)
        .path("data")
        .path("result");
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  private JsonNode get(String path) {
    try {
      HttpResponse<String> answer =
          http.send(
              HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).build(),
              HttpResponse.BodyHandlers.ofString());
      JsonNode json = JSON.readTree(answer.body());
      if (!json.path("status").asText().equals("success")) {
        throw new AssertionError(path + ": " + answer.body());
      }
      return json;
    } catch (IOException e) {
      return JSON.createObjectNode();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** Every panel's queries of a dashboard, with its variables filled in. */
  static Stream<Panel> panels(Path dashboard) throws IOException {
    JsonNode board = JSON.readTree(Files.readString(dashboard));
    return Stream.iterate(0, i -> i < board.path("panels").size(), i -> i + 1)
        .map(i -> board.path("panels").get(i))
        .map(
            p ->
                new Panel(
                    p.path("title").asText(),
                    p.path("fieldConfig").path("defaults").path("unit").asText(),
                    Stream.iterate(0, i -> i < p.path("targets").size(), i -> i + 1)
                        .map(
                            i ->
                                p.path("targets")
                                    .get(i)
                                    .path("expr")
                                    .asText()
                                    .replace("$__rate_interval", "20s")
                                    .replace("$namespace", ".*")
                                    .replace("$workload", ".*")
                                    .replace("$tenant", ".*"))
                        .toList()));
  }

  /**
   * @param unit as Grafana names it
   */
  record Panel(String title, String unit, List<String> queries) {}

  @Override
  public void close() {
    process.destroy();
    try {
      process.waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
