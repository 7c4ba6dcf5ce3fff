package dev.ringfence.guard.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ringfence.guard.keys.KeyRing;
import dev.ringfence.guard.policy.DenyMode;
import dev.ringfence.guard.policy.Limits;
import dev.ringfence.guard.policy.PolicyDocument;
import dev.ringfence.guard.request.Requests;
import dev.ringfence.guard.state.Drain;
import dev.ringfence.guard.state.EngineView;
import dev.ringfence.guard.state.KeysView;
import dev.ringfence.guard.state.LiveState;
import dev.ringfence.guard.state.PolicyView;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.UnixDomainSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What the guard enforces while it runs, a row for each rule: one request that is served, and the
 * same in a state, or changed, so that it is not.
 */
class RuntimeRulesTest {
  private static final String KEY = "rules-0123456789-0123456789-0123456789";
  @TempDir private Path folder;
  private StubEngine engine;
  private Server server;
  private Thread loop;
  private LiveState live;
  private int port;
  private int adminPort;

  /** Changes the world that was good. */
  private interface World {
    void change(RuntimeRulesTest test) throws IOException;
  }

  /**
   * @param before requests that are sent first, and stay open
   * @param ready whether the guard still calls itself ready
   */
  private record Row(
      String rule,
      String why,
      World world,
      List<String> before,
      String request,
      int status,
      boolean ready) {
    @Override
    public String toString() {
      return rule + " " + why;
    }
  }

  private static String chat(String more) {
    return post(
        "/v1/chat/completions",
        KEY,
        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]" + more + "}");
  }

  private static String post(String path, String key, String body) {
    return "POST "
        + path
        + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer "
        + key
        + "\r\nContent-Type: application/json\r\nContent-Length: "
        + body.length()
        + "\r\n\r\n"
        + body;
  }

  private static World limits(int requests, int tokens, int concurrent) {
    return t -> t.live.policy(policy(requests, tokens, concurrent));
  }

  private static World engine(EngineView view) {
    return t -> t.live.engine(view);
  }

  private static EngineView attested(EngineView.Check... checks) {
    return new EngineView(
        true, 1, Optional.of(new EngineView.Attestation(List.of(checks))), Optional.empty());
  }

  static Stream<Row> rows() {
    World same = t -> {};
    String good = chat("");
    String none = good.replace("Authorization: Bearer " + KEY + "\r\n", "");
    return Stream.of(
        new Row(
            "VLLM-301",
            "the engine is not healthy",
            engine(EngineView.unseen()),
            List.of(),
            good,
            503,
            false),
        new Row(
            "VLLM-301", "draining", t -> t.live.drain(Drain.REFUSING), List.of(), good, 503, false),
        new Row(
            "VLLM-303",
            "a second request of one a minute",
            limits(1, 1000, 8),
            List.of(good),
            good,
            429,
            true),
        new Row(
            "VLLM-304",
            "a second request of one at once",
            limits(60, 1000, 1),
            List.of(
                post(
                    "/v1/chat/completions",
                    KEY,
                    "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"[hang]\"}]}")),
            good,
            429,
            true),
        new Row(
            "VLLM-305",
            "more tokens than a minute has",
            limits(60, 100, 8),
            List.of(),
            chat(",\"max_tokens\":64,\"n\":4"),
            429,
            true),
        new Row(
            "VLLM-409",
            "egress is open",
            t -> t.live.egressBlocked(false),
            List.of(),
            good,
            503,
            false),
        new Row("VLLM-501", "no key", same, List.of(), none, 401, true),
        new Row(
            "VLLM-501",
            "two keys",
            same,
            List.of(),
            good.replace("Host: x", "Host: x\r\nX-API-Key: " + KEY),
            401,
            true),
        new Row(
            "VLLM-501", "another key", same, List.of(), good.replace(KEY, KEY + "x"), 401, true),
        new Row(
            "VLLM-501",
            "a key that was taken away",
            t -> t.live.keys(new KeysView(KeyRing.empty(), Optional.empty(), 0)),
            List.of(),
            good,
            401,
            false),
        new Row("VLLM-503", "too hot", same, List.of(), chat(",\"temperature\":2.5"), 400, true),
        new Row(
            "VLLM-505",
            "the engine's own page",
            same,
            List.of(),
            good.replace("/v1/chat/completions", "/metrics"),
            404,
            true),
        new Row(
            "VLLM-505", "another method", same, List.of(), good.replace("POST", "PUT"), 405, true),
        // What keeps the network closed is measured, by reaching out: 409 and 509 have one probe.
        new Row(
            "VLLM-409",
            "VLLM-509: pods reach something",
            t -> t.live.egressBlocked(false),
            List.of(),
            good,
            503,
            false),
        new Row(
            "VLLM-603",
            "the smoke test failed",
            smoke(Optional.of(new EngineView.SmokeResult(false, Instant.EPOCH, "as wanted"))),
            List.of(),
            good,
            503,
            false),
        new Row(
            "VLLM-603",
            "the smoke test was not passed yet",
            smoke(Optional.empty()),
            List.of(),
            good,
            503,
            false),
        attestation("VLLM-101", dev.ringfence.guard.Rule.PREFIX_CACHING),
        attestation("VLLM-104", dev.ringfence.guard.Rule.KV_OFFLOAD),
        attestation("VLLM-201", dev.ringfence.guard.Rule.MEMORY_FRACTION),
        attestation("VLLM-202", dev.ringfence.guard.Rule.NO_SWAP),
        attestation("VLLM-206", dev.ringfence.guard.Rule.CONTEXT_LENGTH),
        attestation("VLLM-207", dev.ringfence.guard.Rule.ENGINE_VERSION));
  }

  private static Row attestation(String rule, dev.ringfence.guard.Rule id) {
    return new Row(
        rule,
        "the engine says another thing of itself",
        engine(attested(new EngineView.Check("it", id, "this", "that"))),
        List.of(),
        chat(""),
        503,
        false);
  }

  /** A contract with a smoke test, and how it went. */
  private static World smoke(Optional<EngineView.SmokeResult> result) {
    return t -> {
      t.live.policy(policy(60, 1000, 8, true));
      t.live.engine(
          new EngineView(true, 1, Optional.of(new EngineView.Attestation(List.of())), result));
    };
  }

  private static PolicyView policy(int requests, int tokens, int concurrent) {
    return policy(requests, tokens, concurrent, false);
  }

  private static PolicyView policy(int requests, int tokens, int concurrent, boolean smoke) {
    Limits.Values values =
        new Limits.Values(
            100,
            64,
            16,
            new Limits.Temperature(0, 2, "0.7"),
            requests,
            tokens,
            concurrent,
            DenyMode.ENFORCE);
    return new PolicyView(
        new PolicyDocument(
            smoke ? Requests.withSmokeTest() : Requests.contract(true, true),
            new Limits(values, 1, List.of(), Optional.empty()),
            "sha256:0",
            "sha256:0"),
        Requests.PATTERNS,
        Optional.empty());
  }

  @BeforeEach
  void start() throws Exception {
    engine = new StubEngine(folder.resolve("e"));
    live = new LiveState(policy(60, 1000, 8), false, true, List.of());
    TreeMap<String, List<byte[]>> keys = new TreeMap<>();
    keys.put("a", List.of(KeyRing.digest(KEY)));
    live.keys(new KeysView(KeyRing.of(keys), Optional.empty(), 0));
    live.engine(attested());
    live.egressBlocked(true);
    port = freePort();
    adminPort = freePort();
    InetAddress local = InetAddress.getLoopbackAddress();
    server =
        new Server(
            new InetSocketAddress(local, port),
            new InetSocketAddress(local, adminPort),
            UnixDomainSocketAddress.of(folder.resolve("e")),
            live,
            line -> {},
            null,
            () -> {});
    loop =
        Thread.ofPlatform()
            .start(
                () -> {
                  try {
                    server.run();
                  } catch (IOException e) {
                    throw new IllegalStateException(e);
                  }
                });
  }

  @AfterEach
  void stop() throws Exception {
    server.stop();
    loop.join();
    engine.close();
  }

  private static int freePort() throws IOException {
    try (ServerSocket s = new ServerSocket(0)) {
      return s.getLocalPort();
    }
  }

  private static String ask(int port, String request) throws IOException {
    try (Socket s = new Socket(InetAddress.getLoopbackAddress(), port)) {
      s.setSoTimeout(10_000);
      s.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
      return new String(s.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  @ParameterizedTest
  @MethodSource("rows")
  void refuses(Row row) throws Exception {
    assertThat(ask(port, chat(""))).as("all is well before").startsWith("HTTP/1.1 200");
    live.policy(policy(60, 1000, 8));
    row.world().change(this);
    String answer = "";
    try (Socket holding = new Socket(InetAddress.getLoopbackAddress(), port)) {
      for (String first : row.before()) {
        if (first.contains("[hang]")) {
          holding.getOutputStream().write(first.getBytes(StandardCharsets.ISO_8859_1));
          engine.hangs.await();
        } else {
          ask(port, first);
        }
      }
      answer = ask(port, row.request());
    }
    assertThat(answer).startsWith("HTTP/1.1 " + row.status() + " ");
    if (row.status() == 429) {
      assertThat(answer).contains("Retry-After: ");
    }
    String ready = ask(adminPort, "GET /ready HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    assertThat(ready.startsWith("HTTP/1.1 200")).as(ready).isEqualTo(row.ready());
    // A state is named where the state is asked for, a request's fault in its answer.
    assertThat(row.ready() || row.status() != 503 ? answer : ready).contains(row.rule());
  }
}
