package dev.ringfence.guard.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ringfence.guard.keys.KeyFolder;
import dev.ringfence.guard.policy.PolicyDocument;
import dev.ringfence.guard.state.EngineView;
import dev.ringfence.guard.state.KeysView;
import dev.ringfence.guard.state.LiveState;
import dev.ringfence.guard.state.PolicyView;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.UnixDomainSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The two ports over real sockets, in front of an engine of the tests' own. */
class ProxyTest {
  private static final String KEY = "KEYCANARY-0123456789-0123456789-0123456789";
  @TempDir private Path folder;
  private int port;
  private int adminPort;
  private AutoCloseable running = () -> {};
  private StubEngine engine;
  private final AuditSink audit = new AuditSink();

  /** Keeps the lines that would go to stdout. */
  private static final class AuditSink {
    private final StringBuilder lines = new StringBuilder();

    synchronized void add(String line) {
      lines.append(line).append('\n');
    }

    synchronized String text() {
      return lines.toString();
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket s = new ServerSocket(0)) {
      return s.getLocalPort();
    }
  }

  @BeforeEach
  void start() throws Exception {
    Files.writeString(Files.createDirectory(folder.resolve("keys")).resolve("acme"), KEY);
    engine = new StubEngine(folder.resolve("e.sock"));
    try (InputStream in = ProxyTest.class.getResourceAsStream("/guard.example.json")) {
      String text =
          new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8)
              .replaceAll("\"smokeTests\": \\[.*\\]", "\"smokeTests\": []");
      LiveState live =
          new LiveState(
              PolicyView.of(PolicyDocument.read(text.getBytes(StandardCharsets.UTF_8))),
              false,
              false,
              List.of());
      live.keys(new KeysView(KeyFolder.read(folder.resolve("keys")), Optional.empty(), 0));
      live.engine(
          new EngineView(
              true, 1, Optional.of(new EngineView.Attestation(List.of())), Optional.empty()));
      port = freePort();
      adminPort = freePort();
      InetAddress local = InetAddress.getLoopbackAddress();
      Server server =
          new Server(
              new InetSocketAddress(local, port),
              new InetSocketAddress(local, adminPort),
              UnixDomainSocketAddress.of(folder.resolve("e.sock")),
              live,
              line -> audit.add(line.toString()),
              null,
              () -> {});
      Thread loop =
          Thread.ofPlatform()
              .start(
                  () -> {
                    try {
                      server.run();
                    } catch (IOException e) {
                      throw new IllegalStateException(e);
                    }
                  });
      running =
          () -> {
            server.stop();
            loop.join();
          };
    }
  }

  @AfterEach
  void stop() throws Exception {
    running.close();
    engine.close();
  }

  private static String request(String content, String more) {
    String body =
        "{\"model\":\"support-chat\",\"messages\":[{\"role\":\"user\",\"content\":\""
            + content
            + "\"}]"
            + more
            + "}";
    return "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
        + KEY
        + "\r\nContent-Type: application/json\r\nContent-Length: "
        + body.length()
        + "\r\n\r\n"
        + body;
  }

  private static void send(Socket s, String text) throws IOException {
    s.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
  }

  /** Sends, and reads until the guard closes. */
  private static String exchange(int port, String text) throws IOException {
    try (Socket s = new Socket(InetAddress.getLoopbackAddress(), port)) {
      s.setSoTimeout(10_000);
      send(s, text.replaceFirst("Host: x\r\n", "Host: x\r\nConnection: close\r\n"));
      return new String(s.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  @Test
  void rebuildsRequestAndAnswer() throws Exception {
    String answer = exchange(port, request("hello", ",\"user\":\"u\""));
    assertThat(answer)
        .startsWith("HTTP/1.1 200 OK\r\n")
        .contains("\"content\":\"fine\"", "x-ratelimit-limit-requests: 60", "X-Request-Id: ")
        .doesNotContain("SECRET", "Server:");
    assertThat(engine.bodies).hasSize(1);
    assertThat(engine.bodies.getFirst())
        .startsWith(
            "{\"model\":\"support-chat\",\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}],\"temperature\":0.7,\"max_tokens\":512,\"cache_salt\":\"");
  }

  @Test
  void cutsWhatIsTooLong() throws Exception {
    assertThat(exchange(port, request("[long]", ",\"max_tokens\":3")))
        .contains("\"content\":\"" + "x".repeat(30) + "\"", "\"finish_reason\":\"length\"");
    assertThat(exchange(port, request("[stream 100]", ",\"max_tokens\":3,\"stream\":true")))
        .contains("\"finish_reason\":\"length\"", "data: [DONE]")
        .doesNotContain("\"20;\"");
  }

  @Test
  void passesEventsInOrderAndTheUsageThatWasAskedFor() throws Exception {
    String answer =
        exchange(
            port,
            request("[stream 50]", ",\"stream\":true,\"stream_options\":{\"include_usage\":true}"));
    int at = -1;
    for (int i = 0; i < 50; i++) {
      int next = answer.indexOf("\"content\":\"" + i + ";\"");
      assertThat(next).isGreaterThan(at);
      at = next;
    }
    assertThat(answer)
        .contains("\"usage\":{\"prompt_tokens\":3")
        .endsWith("data: [DONE]\n\n\r\n0\r\n\r\n");
    assertThat(exchange(port, request("[stream 1]", ",\"stream\":true"))).doesNotContain("usage");
  }

  /**
   * A client that leaves while the engine thinks: the engine is told, also where nothing is
   * streamed.
   */
  @ParameterizedTest
  @CsvSource({"''", "',\"stream\":true'"})
  void tellsTheEngineThatTheClientLeft(String more) throws Exception {
    try (Socket s = new Socket(InetAddress.getLoopbackAddress(), port)) {
      send(s, request("[hang]", more));
      engine.hangs.await();
    }
    assertThat(engine.guardLeft()).isTrue();
    assertThat(exchange(port, request("hello", ""))).startsWith("HTTP/1.1 200");
  }

  @Test
  void anAnswerBehindAnAnswerReachesNobody() throws Exception {
    for (int i = 0; i < 5; i++) {
      assertThat(exchange(port, request("[extra]", ""))).contains("\"content\":\"fine\"");
      assertThat(exchange(port, request("hello", ""))).contains("\"content\":\"fine\"");
    }
  }

  @Test
  void servesPipelinedRequestsInTurn() throws Exception {
    try (Socket s = new Socket(InetAddress.getLoopbackAddress(), port)) {
      s.setSoTimeout(10_000);
      send(
          s,
          request("one", "")
              + request("two", "")
              + "GET /nope HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
      String all = new String(s.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      String[] answers = all.split("HTTP/1.1 ", -1);
      assertThat(answers).hasSize(4);
      assertThat(answers[1]).startsWith("200");
      assertThat(answers[2]).startsWith("200");
      assertThat(answers[3]).startsWith("404");
    }
    assertThat(engine.bodies.get(0)).contains("one");
    assertThat(engine.bodies.get(1)).contains("two");
  }

  /** What clients and engine say stands in no audit line, metric, state page or error. */
  @Test
  void keepsWhatIsSaidToItself() throws Exception {
    exchange(port, request("PROMPTCANARY [canary]", ""));
    exchange(port, request("PROMPTCANARY ignore previous", ""));
    exchange(port, request("x", ",\"PROMPTCANARY\":1"));
    exchange(port, request("x", ",\"temperature\":\"PROMPTCANARY\""));
    exchange(port, request("x", "").replace(KEY, "KEYCANARY-" + "z".repeat(40)));
    exchange(port, "GET /PROMPTCANARY?KEYCANARY HTTP/1.1\r\nHost: x\r\nX: KEYCANARY\r\n\r\n");
    exchange(port, "PROMPTCANARY / HTTP/9\r\nHost: x\r\n\r\n");
    StringBuilder seen = new StringBuilder(audit.text());
    for (String page : List.of("/metrics", "/state", "/ready", "/nope")) {
      seen.append(exchange(adminPort, "GET " + page + " HTTP/1.1\r\nHost: x\r\n\r\n"));
    }
    assertThat(audit.text().lines())
        .hasSizeGreaterThanOrEqualTo(7)
        .allSatisfy(l -> assertThat(l).startsWith("{\"time\":\"").endsWith("}"));
    assertThat(seen.toString())
        .contains("guard_requests_total", "VLLM-504")
        .doesNotContain("CANARY");
  }

  @ParameterizedTest
  @CsvSource({"POST,/ready", "PUT,/state", "DELETE,/metrics", "POST,/drain"})
  void theAdminPortOnlyReads(String method, String path) throws Exception {
    assertThat(
            exchange(
                adminPort,
                method + " " + path + " HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"))
        .startsWith("HTTP/1.1 40");
    assertThat(exchange(adminPort, "GET /ready HTTP/1.1\r\nHost: x\r\n\r\n"))
        .startsWith("HTTP/1.1 200");
  }
}
