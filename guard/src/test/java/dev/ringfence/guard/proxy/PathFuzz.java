package dev.ringfence.guard.proxy;

import dev.ringfence.guard.keys.KeyRing;
import dev.ringfence.guard.policy.DenyMode;
import dev.ringfence.guard.policy.Limits;
import dev.ringfence.guard.policy.PolicyDocument;
import dev.ringfence.guard.request.Requests;
import dev.ringfence.guard.state.EngineView;
import dev.ringfence.guard.state.KeysView;
import dev.ringfence.guard.state.LiveState;
import dev.ringfence.guard.state.PolicyView;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.UnixDomainSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/**
 * All bytes that a client sends on one connection, through real sockets, to an engine that stands
 * in: every answer is one of ours, what reaches the engine was judged, and the loop lives.
 */
public final class PathFuzz {
  /** The key that seeds present. */
  public static final String KEY = "fuzz-0123456789-0123456789-0123456789";

  private static final int READ_MILLIS = 15;
  private static final ByteArrayOutputStream ERRORS = new ByteArrayOutputStream();
  private static final StubEngine ENGINE;
  private static final int PORT;

  private PathFuzz() {}

  static {
    try {
      Path folder = Files.createTempDirectory("fuzz");
      ENGINE = new StubEngine(folder.resolve("e"));
      PORT = freePort();
      InetAddress local = InetAddress.getLoopbackAddress();
      Server server =
          new Server(
              new InetSocketAddress(local, PORT),
              new InetSocketAddress(local, freePort()),
              UnixDomainSocketAddress.of(folder.resolve("e")),
              live(),
              line -> {},
              null,
              () -> {});
      // The loop tells its own faults there.
      System.setErr(new PrintStream(new Tee(System.err, ERRORS), true, StandardCharsets.UTF_8));
      Thread.ofPlatform()
          .daemon()
          .start(
              () -> {
                try {
                  server.run();
                } catch (IOException e) {
                  throw new IllegalStateException(e);
                }
              });
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static final class Tee extends java.io.OutputStream {
    private final PrintStream one;
    private final ByteArrayOutputStream other;

    Tee(PrintStream one, ByteArrayOutputStream other) {
      this.one = one;
      this.other = other;
    }

    @Override
    public void write(int b) {
      one.write(b);
      synchronized (other) {
        other.write(b);
      }
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket s = new ServerSocket(0)) {
      return s.getLocalPort();
    }
  }

  private static LiveState live() {
    Limits.Values values =
        new Limits.Values(
            100,
            64,
            16,
            new Limits.Temperature(0, 2, "0.7"),
            1_000_000,
            100_000_000,
            64,
            DenyMode.ENFORCE);
    LiveState live =
        new LiveState(
            new PolicyView(
                new PolicyDocument(
                    Requests.contract(true, true),
                    new Limits(values, 1, List.of(), Optional.empty()),
                    "sha256:0",
                    "sha256:0"),
                Requests.PATTERNS,
                Optional.empty()),
            false,
            false,
            List.of());
    TreeMap<String, List<byte[]>> keys = new TreeMap<>();
    keys.put("fuzz", List.of(KeyRing.digest(KEY)));
    live.keys(new KeysView(KeyRing.of(keys), Optional.empty(), 0));
    live.engine(
        new EngineView(
            true, 1, Optional.of(new EngineView.Attestation(List.of())), Optional.empty()));
    return live;
  }

  public static void fuzzerTestOneInput(byte[] input) throws IOException {
    String answer;
    try (Socket s = new Socket(InetAddress.getLoopbackAddress(), PORT)) {
      s.setSoTimeout(READ_MILLIS);
      answer = send(s, input);
    }
    if (!answer.isEmpty()
        && !answer.matches(
            "(?s)HTTP/1\\.1 (100|200|400|401|404|405|408|413|415|429|431|502|503|504) .*")) {
      throw new AssertionError("an answer that is none of ours: " + answer);
    }
    for (String body : ENGINE.bodies) {
      // The guard's own words: every body that makes the engine write has both.
      if (body.contains("\"temperature\":") != body.contains("\"max_")
          || (body.contains("\"temperature\":") && !body.contains("\"cache_salt\":\""))
          || body.contains("ignore previous")) {
        throw new AssertionError("a body that was not judged reached the engine");
      }
    }
    ENGINE.bodies.clear();
    String errors = errors();
    if (errors.contains("internal fault")) {
      throw new AssertionError(errors);
    }
  }

  private static String send(Socket s, byte[] input) {
    ByteArrayOutputStream answer = new ByteArrayOutputStream();
    try {
      s.getOutputStream().write(input);
      InputStream in = s.getInputStream();
      byte[] buffer = new byte[64 * 1024];
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        answer.write(buffer, 0, n);
      }
    } catch (SocketTimeoutException e) {
      // It waits for more, or keeps the connection.
    } catch (IOException e) {
      // It closed while we wrote.
    }
    return answer.toString(StandardCharsets.ISO_8859_1);
  }

  private static String errors() {
    synchronized (ERRORS) {
      return ERRORS.toString(StandardCharsets.UTF_8);
    }
  }

  /** Whether the guard still serves: a fault must not have ended its loop. */
  public static boolean serves() throws IOException {
    try (Socket s = new Socket(InetAddress.getLoopbackAddress(), PORT)) {
      s.setSoTimeout(5000);
      s.getOutputStream()
          .write(
              ("GET /v1/models HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer "
                      + KEY
                      + "\r\n\r\n")
                  .getBytes(StandardCharsets.US_ASCII));
      return new String(s.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
          .startsWith("HTTP/1.1 200");
    }
  }
}
