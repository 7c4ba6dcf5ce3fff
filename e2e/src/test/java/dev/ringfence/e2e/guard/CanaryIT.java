package dev.ringfence.e2e.guard;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What clients, keys and the engine say stands in no log, metric, page or error: every row of the
 * guard's table of requests, with the canary in each of its texts and names, through the guard as a
 * process. VLLM-506
 */
class CanaryIT {
  private static final Path ROWS =
      Path.of("..", "guard", "src", "test", "resources", "requests.txt");
  private static final String KEY = "KEYCANARY-0123456789-0123456789-0123456789";
  private static final Map<String, String> PATHS =
      Map.of(
          "chat", "/v1/chat/completions",
          "completions", "/v1/completions",
          "embeddings", "/v1/embeddings",
          "responses", "/v1/responses",
          "messages", "/v1/messages",
          "tokenize", "/tokenize");
  @TempDir private Path folder;

  private record Probe(String path, String body) {}

  /** The table's rows, each as it is and with the canary in all values, and in all names. */
  private static List<Probe> probes() throws IOException {
    List<Probe> out = new ArrayList<>();
    String path = "";
    String prefix = "";
    for (String line : Files.readAllLines(ROWS)) {
      if (line.startsWith("== ")) {
        String[] parts = line.substring(3).split(" ", 2);
        path = PATHS.getOrDefault(parts[0], "");
        prefix = parts.length > 1 ? parts[1] : "";
      } else if (!line.isBlank() && !line.startsWith("#")) {
        String row = line.substring(line.indexOf(' ') + 1);
        String body = row.startsWith("{") || prefix.isEmpty() ? row : prefix + row + "}";
        body = body.replace("\"m\"", "\"support-chat\"");
        out.add(new Probe(path, body.replace("\"x\"", "\"PROMPTCANARY\"")));
        out.add(new Probe(path, body.replaceAll(":\"([^\"\\\\]*)\"", ":\"PROMPTCANARY$1\"")));
        out.add(new Probe(path, body.replaceAll("\"([a-z_]+)\":", "\"PROMPTCANARY$1\":")));
        out.add(
            new Probe(path, body.replaceFirst("\"([a-z_]+)\":([^:]*)$", "\"PROMPTCANARY$1\":$2")));
      }
    }
    for (String what :
        List.of("[die]", "[status 400]", "[status 500]", "[status 404]", "[status 418]")) {
      for (String more : List.of("", ",\"stream\":true")) {
        out.add(
            new Probe(
                PATHS.getOrDefault("chat", ""),
                "{\"model\":\"support-chat\",\"messages\":[{\"role\":\"user\",\"content\":\"PROMPTCANARY "
                    + what
                    + "\"}]"
                    + more
                    + "}"));
      }
    }
    return out;
  }

  @Test
  void nothingSaidIsTold() throws Exception {
    Files.writeString(Files.createDirectory(folder.resolve("keys")).resolve("acme"), KEY);
    Map<String, Integer> statuses = new TreeMap<>();
    StringBuilder told = new StringBuilder();
    StringBuilder answers = new StringBuilder();
    try (StandInEngine engine = new StandInEngine(folder.resolve("e"), "OUTPUTCANARY");
        GuardProcess guard =
            new GuardProcess(
                folder,
                engine.address(),
                List.of(
                    "\"requestsPerMinute\": 1000000",
                    "\"tokensPerMinute\": 100000000",
                    "\"maxPromptCharacters\": 200",
                    "\"tools\": true",
                    "\"reasoning\": true",
                    "\"endpoints\": [\"chat\", \"completions\", \"models\", \"embeddings\", \"responses\", \"messages\", \"tokenize\"]"))) {
      for (Probe p : probes()) {
        // Latin-1 keeps what a row's characters are as bytes.
        String body =
            new String(p.body().getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
        String answer =
            GuardProcess.send(
                guard.port,
                "POST "
                    + p.path()
                    + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\nUser-Agent: PROMPTCANARY\r\nAuthorization: Bearer "
                    + KEY
                    + "\r\nContent-Type: application/json\r\nContent-Length: "
                    + body.length()
                    + "\r\n\r\n"
                    + body);
        statuses.merge(answer.substring(9, 12), 1, Integer::sum);
        (answer.startsWith("HTTP/1.1 200") && !answer.contains("\"error\":{") ? answers : told)
            .append(answer);
      }
      for (String head :
          List.of(
              "GET /PROMPTCANARY?KEYCANARY HTTP/1.1\r\nHost: x\r\nConnection: close\r\n",
              "PROMPTCANARY / HTTP/9\r\n",
              "GET /v1/models HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-API-Key: KEYCANARY"
                  + "z".repeat(40)
                  + "\r\n",
              "GET /v1/models HTTP/1.1\r\nHost: PROMPT CANARY\r\nKEYCANARY : x\r\n",
              "POST /v1/models HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: KEYCANARY\r\n")) {
        told.append(GuardProcess.send(guard.port, head + "\r\n"));
      }
      // A Secret that cannot be used: the page says so, not what is in it.
      Files.writeString(folder.resolve("keys").resolve("tls.crt"), "KEYCANARY");
      while (!guard.admin("/state").contains("tls.crt")) {
        Thread.sleep(50);
      }
      for (String page : List.of("/metrics", "/state", "/ready", "/nope", "/engine/metrics")) {
        told.append(guard.admin(page));
      }
      Thread.sleep(500);
      told.append(guard.audit()).append(guard.errors());
    }
    System.out.println("guard: canary probes by status: " + statuses);
    // Every kind of outcome was seen, or nothing was shown.
    assertThat(statuses.getOrDefault("200", 0)).isGreaterThan(100);
    assertThat(statuses.getOrDefault("400", 0)).isGreaterThan(1000);
    assertThat(statuses.getOrDefault("502", 0)).isGreaterThan(2);
    assertThat(told.toString())
        .contains("VLLM-504", "guard_requests_total")
        .doesNotContain("CANARY");
    assertThat(answers.toString())
        .contains("OUTPUTCANARY")
        .doesNotContain("PROMPTCANARY", "KEYCANARY");
  }
}
