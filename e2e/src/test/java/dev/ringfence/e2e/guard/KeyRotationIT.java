package dev.ringfence.e2e.guard;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** VLLM-501: keys change under way, in the folder as the kubelet changes it. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class KeyRotationIT {
  private static final String OLD = "old-0123456789-0123456789-0123456789-012";
  private static final String NEW = "new-0123456789-0123456789-0123456789-012";
  private static final int REQUESTS = 10_000;

  /** In force so soon after the file (CONTRACT 6). */
  private static final Duration SOON = Duration.ofSeconds(2);

  @TempDir private static Path folder;
  private StandInEngine engine;
  private GuardProcess guard;
  private int version;

  @BeforeAll
  void start() throws Exception {
    Files.createDirectory(folder.resolve("keys"));
    secret(Map.of("acme", OLD));
    engine = new StandInEngine(folder.resolve("e"), "fine");
    guard =
        new GuardProcess(
            folder,
            engine.address(),
            List.of("\"requestsPerMinute\": 1000000", "\"tokensPerMinute\": 100000000"));
  }

  @AfterAll
  void stop() throws Exception {
    guard.close();
    engine.close();
  }

  /** Exchanges the whole folder at once, by the link that the kubelet exchanges. */
  private void secret(Map<String, String> entries) throws IOException {
    Path keys = folder.resolve("keys");
    Path data = Files.createDirectory(keys.resolve("..v" + ++version));
    for (Map.Entry<String, String> e : entries.entrySet()) {
      Files.writeString(data.resolve(e.getKey()), e.getValue());
      Path link = keys.resolve(e.getKey());
      if (!Files.isSymbolicLink(link)) {
        Files.createSymbolicLink(link, Path.of("..data", e.getKey()));
      }
    }
    Path half = Files.createSymbolicLink(keys.resolve("..data_tmp"), data.getFileName());
    Files.move(half, keys.resolve("..data"), StandardCopyOption.ATOMIC_MOVE);
  }

  private int ask(String key) throws IOException {
    return status(GuardProcess.send(guard.port, GuardProcess.chat(key, "x", "", true)));
  }

  private static int status(String answer) {
    return answer.startsWith("HTTP/1.1 ") ? Integer.parseInt(answer.substring(9, 12)) : 0;
  }

  /** Asks until a key is let in or not, as is wanted; how long that took. */
  private Duration until(String key, boolean in) throws Exception {
    long began = System.nanoTime();
    while ((ask(key) == 200) != in) {
      assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(SOON.multipliedBy(5));
      Thread.sleep(20);
    }
    return Duration.ofNanos(System.nanoTime() - began);
  }

  @Test
  void noRequestIsLostWhileKeysChange() throws Exception {
    secret(Map.of("acme", OLD));
    until(OLD, true);
    AtomicBoolean changed = new AtomicBoolean();
    AtomicInteger done = new AtomicInteger();
    AtomicInteger changes = new AtomicInteger();
    Map<Integer, Integer> statuses = new ConcurrentHashMap<>();
    List<Thread> clients = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      clients.add(
          Thread.ofPlatform()
              .start(
                  () -> {
                    try (Socket s = guard.connect()) {
                      InputStream in = new BufferedInputStream(s.getInputStream());
                      while (done.incrementAndGet() <= REQUESTS || changes.get() < 2) {
                        s.getOutputStream()
                            .write(
                                GuardProcess.chat(changed.get() ? NEW : OLD, "x", "", false)
                                    .getBytes(StandardCharsets.ISO_8859_1));
                        statuses.merge(answer(in), 1, Integer::sum);
                      }
                    } catch (IOException e) {
                      statuses.merge(0, 1, Integer::sum);
                    }
                  }));
    }
    while (done.get() < REQUESTS / 4) {
      Thread.sleep(5);
    }
    // Both, for as long as clients change over; then the new one alone.
    secret(Map.of("acme", OLD + "\n" + NEW + "\n"));
    Duration added = until(NEW, true);
    changed.set(true);
    changes.incrementAndGet();
    while (done.get() < REQUESTS / 2) {
      Thread.sleep(5);
    }
    secret(Map.of("acme", NEW));
    Duration removed = until(OLD, false);
    changes.incrementAndGet();
    for (Thread t : clients) {
      t.join();
    }
    System.out.println(
        "guard: "
            + statuses
            + ", new key after "
            + added.toMillis()
            + " ms, old one refused after "
            + removed.toMillis()
            + " ms");
    assertThat(statuses.keySet()).containsExactly(200);
    assertThat(statuses.get(200)).isGreaterThanOrEqualTo(REQUESTS);
    assertThat(added).isLessThan(SOON);
    assertThat(removed).isLessThan(SOON);
    assertThat(guard.errors()).isEmpty();
  }

  /** Reads one whole answer; its status. */
  private static int answer(InputStream in) throws IOException {
    StringBuilder head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      int c = in.read();
      if (c < 0) {
        throw new IOException("the guard closed");
      }
      head.append((char) c);
    }
    int at = head.indexOf("Content-Length: ") + 16;
    in.readNBytes(Integer.parseInt(head.substring(at, head.indexOf("\r", at))));
    return status(head.toString());
  }

  private record Foreign(String name, Map<String, String> entries) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static String base64(int lines) {
    return Base64.getMimeEncoder(64, new byte[] {'\n'})
        .encodeToString("public text ".repeat(4 * lines).getBytes(StandardCharsets.US_ASCII));
  }

  static Stream<Foreign> foreignSecrets() {
    String pem = "-----BEGIN CERTIFICATE-----\n" + base64(12) + "\n-----END CERTIFICATE-----\n";
    String bare = base64(1).lines().findFirst().orElseThrow();
    String token =
        "eyJhbGciOiJSUzI1NiIsImtpZCI6ImEifQ.eyJpc3MiOiJrdWJlcm5ldGVzIn0.c2lnbmF0dXJlLXNpZ25hdHVyZQ";
    String word = "correct-horse-battery-staple-correct-horse";
    return Stream.of(
        new Foreign("a certificate", Map.of("tls.crt", pem, "tls.key", pem)),
        new Foreign("an authority", Map.of("ca.crt", pem)),
        new Foreign("a certificate under another name", Map.of("server.pem", pem)),
        new Foreign("a certificate without its frame", Map.of("server", base64(12))),
        new Foreign(
            "a service account's token",
            Map.of("token", token, "ca.crt", pem, "namespace", "team")),
        new Foreign("a token under another name", Map.of("jwt", token)),
        new Foreign("a user and a password", Map.of("username", "admin", "password", word)),
        new Foreign("a password that looks like a key", Map.of("password", word)),
        new Foreign("a short password", Map.of("db", "hunter2")),
        new Foreign(
            "a registry's login",
            Map.of(".dockerconfigjson", "{\"auths\":{\"r\":{\"auth\":\"" + bare + "\"}}}")),
        new Foreign(
            "a private key",
            Map.of("ssh-privatekey", pem.replace("CERTIFICATE", "OPENSSH PRIVATE KEY"))),
        new Foreign(
            "one good entry beside a certificate", Map.of("acme", NEW + "-x", "tls.crt", pem)),
        new Foreign("a digest of a digest too long", Map.of("acme", "sha256:" + "0".repeat(65))),
        new Foreign("five keys in one entry", Map.of("acme", (NEW + "\n").repeat(5))));
  }

  /**
   * VLLM-510: nothing of it opens, the former keys stay, and the page names the entry, not what is
   * in it.
   */
  @ParameterizedTest
  @MethodSource("foreignSecrets")
  void anotherSecretOpensNothing(Foreign foreign) throws Exception {
    secret(Map.of("acme", OLD));
    until(OLD, true);
    while (!guard.admin("/state").contains("\"error\":null")) {
      Thread.sleep(20);
    }
    secret(foreign.entries());
    long end = System.nanoTime() + SOON.toNanos();
    String state = guard.admin("/state");
    while (!state.contains("\"error\":\"e") && !state.contains("\"error\":\"t")) {
      assertThat(System.nanoTime()).as(state).isLessThan(end);
      Thread.sleep(20);
      state = guard.admin("/state");
    }
    for (String content : foreign.entries().values()) {
      for (String line : content.lines().toList()) {
        if (!line.equals(NEW)) {
          assertThat(ask(line)).as(line).isIn(400, 401, 429);
        }
        assertThat(line.length() < 8 || !state.contains(line)).as(state).isTrue();
      }
    }
    assertThat(ask(OLD)).isEqualTo(200);
  }
}
