package dev.ringfence.e2e.guard;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import javax.net.ssl.SSLSocketFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Clients that want the guard's memory: it stays below its container's limit, lives, and serves the
 * others. VLLM-304
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HostileLoadIT {
  /** The guard container's memory limit, without the model's small files. */
  private static final long LIMIT_MEGABYTES = 192;

  private static final String KEY = "hostile-0123456789-0123456789-0123456789";
  private static final byte[] REFUSED =
      "GET /v1/models HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1);
  @TempDir private static Path folder;
  private StandInEngine engine;
  private GuardProcess guard;

  /** What one hostile client sends once it is connected; it never reads. */
  private interface Attack {
    void send(OutputStream out, int number) throws IOException;
  }

  private record Row(String name, int connections, Attack attack) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static void repeat(OutputStream out, byte[] what, int bytes) throws IOException {
    byte[] many = new byte[what.length * 500];
    for (int i = 0; i < 500; i++) {
      System.arraycopy(what, 0, many, i * what.length, what.length);
    }
    for (int sent = 0; sent < bytes; sent += many.length) {
      out.write(many);
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  static Stream<Row> rows() {
    String half =
        "GET /v1/models HTTP/1.1\r\nHost: x\r\n" + ("X-A: " + "a".repeat(7500) + "\r\n").repeat(2);
    return Stream.of(
        new Row("1,000 connections that say nothing", 1000, (out, n) -> {}),
        new Row("2,000 heads of 15 KB without an end", 2000, (out, n) -> out.write(bytes(half))),
        new Row(
            "heads larger than any may be",
            500,
            (out, n) -> repeat(out, bytes("X: y\r\n"), 200_000)),
        new Row(
            "answers asked for and never read", 50, (out, n) -> repeat(out, REFUSED, 1_000_000)),
        new Row(
            "whole answers of 80 KB, never read",
            400,
            (out, n) -> {
              for (int i = 0; i < 20; i++) {
                out.write(
                    bytes(
                        GuardProcess.chat(
                            KEY, "[long 20000]", ",\"max_tokens\":2048,\"n\":4", false)));
              }
            }),
        new Row(
            "streams that nobody reads",
            200,
            (out, n) ->
                out.write(
                    bytes(
                        GuardProcess.chat(
                            KEY, "[stream 2000]", ",\"max_tokens\":2048,\"stream\":true", false)))),
        new Row(
            "bodies that stop in the middle",
            500,
            (out, n) -> {
              byte[] whole = bytes(GuardProcess.chat(KEY, "x".repeat(8000), "", false));
              out.write(whole, 0, whole.length - 10);
            }),
        new Row(
            "chunks that never end",
            300,
            (out, n) -> {
              out.write(
                  bytes(
                      "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
                          + KEY
                          + "\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"));
              repeat(out, bytes("1\r\n \r\n"), 1_500_000);
            }));
  }

  @BeforeAll
  void start() throws Exception {
    Files.writeString(Files.createDirectory(folder.resolve("keys")).resolve("a"), KEY);
    engine = new StandInEngine(folder.resolve("e"), "fine");
    guard =
        new GuardProcess(
            folder,
            engine.address(),
            List.of(
                "\"requestsPerMinute\": 1000000",
                "\"tokensPerMinute\": 100000000",
                "\"maxConcurrentRequests\": 256"));
  }

  @AfterAll
  void stop() throws Exception {
    guard.close();
    engine.close();
  }

  @ParameterizedTest
  @MethodSource("rows")
  void memoryIsBoundedAndOthersAreServed(Row row) throws Exception {
    List<Socket> open = new ArrayList<>();
    List<Thread> senders = new ArrayList<>();
    try {
      for (int i = 0; i < row.connections(); i++) {
        Socket s = guard.connect();
        open.add(s);
        int number = i;
        senders.add(
            Thread.ofVirtual()
                .start(
                    () -> {
                      try {
                        row.attack().send(s.getOutputStream(), number);
                      } catch (IOException e) {
                        // The guard ended it, or takes no more.
                      }
                    }));
      }
      long most = 0;
      int served = 0;
      // Beside the attack: what a good client gets, and what the guard takes.
      for (int i = 0; i < 10; i++) {
        Thread.sleep(150);
        most = Math.max(most, guard.residentMegabytes());
        String answer = GuardProcess.send(guard.port, GuardProcess.chat(KEY, "hello", "", true));
        if (answer.startsWith("HTTP/1.1 200")) {
          served++;
        } else {
          // The tenant's own concurrency, when the attack holds a key.
          assertThat(answer).startsWith("HTTP/1.1 429");
        }
      }
      System.out.println(
          "guard: "
              + row
              + ": at most "
              + most
              + " MB resident, "
              + served
              + " of 10 others served");
      assertThat(guard.isAlive()).as(guard.errors()).isTrue();
      assertThat(most).isLessThan(LIMIT_MEGABYTES);
      assertThat(guard.errors()).isEmpty();
    } finally {
      for (Socket s : open) {
        s.close();
      }
      for (Thread t : senders) {
        t.join();
      }
    }
    assertThat(GuardProcess.send(guard.port, GuardProcess.chat(KEY, "hello", "", true)))
        .startsWith("HTTP/1.1 200");
  }

  /** 1,000 connections through TLS, each of which was answered and stays open. */
  @Test
  void aThousandTlsConnections(@TempDir Path own) throws Exception {
    TestCertificate tls = new TestCertificate(own, "dns:localhost,ip:127.0.0.1");
    SSLSocketFactory sockets = tls.trusting();
    Files.writeString(Files.createDirectory(own.resolve("keys")).resolve("a"), KEY);
    byte[] request =
        bytes("GET /v1/models HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + KEY + "\r\n\r\n");
    List<Socket> open = new ArrayList<>();
    try (GuardProcess over =
        new GuardProcess(
            own,
            engine.address(),
            List.of("\"requestsPerMinute\": 1000000"),
            "--tls-cert",
            tls.certificate.toString(),
            "--tls-key",
            tls.key.toString())) {
      for (int i = 0; i < 1000; i++) {
        Socket s = sockets.createSocket("127.0.0.1", over.port);
        s.setSoTimeout(20_000);
        open.add(s);
        s.getOutputStream().write(request);
        assertThat(new String(s.getInputStream().readNBytes(15), StandardCharsets.US_ASCII))
            .isEqualTo("HTTP/1.1 200 OK");
      }
      long resident = over.residentMegabytes();
      System.out.println("guard: 1,000 TLS connections: " + resident + " MB resident");
      assertThat(over.isAlive()).as(over.errors()).isTrue();
      assertThat(resident).isLessThan(LIMIT_MEGABYTES);
    } finally {
      for (Socket s : open) {
        s.close();
      }
    }
  }
}
