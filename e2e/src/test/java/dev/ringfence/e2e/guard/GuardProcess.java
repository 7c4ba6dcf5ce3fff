package dev.ringfence.e2e.guard;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.UnixDomainSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** The guard as the image runs it: its own JVM, with a heap of 64 MB. */
final class GuardProcess implements AutoCloseable {
  private static final Path EXAMPLE =
      Path.of("..", "guard", "src", "test", "resources", "guard.example.json");

  final int port = freePort();
  final int adminPort = freePort();
  final Path folder;
  private final Process process;

  /**
   * Starts it with the example policy and these limits, and waits until it is ready.
   *
   * @param folder holds {@code keys}, and gets {@code audit} and {@code errors}
   * @param limits what stands in guard.json otherwise: {@code "requestsPerMinute": 60} and so on
   */
  GuardProcess(Path folder, UnixDomainSocketAddress engine, List<String> limits, String... more)
      throws IOException, InterruptedException {
    this.folder = folder;
    String text =
        Files.readString(EXAMPLE)
            .replaceAll("\"smokeTests\": \\[.*\\]", "\"smokeTests\": []")
            // The override: what a test sets shall hold. The limits' own brace goes with it.
            .replaceAll("(?s),\\s*\"notAfter\": .*", "\n}}\n");
    for (String limit : limits) {
      String name = limit.substring(0, limit.indexOf(':'));
      text = text.replaceAll(name + ": (\\[[^\\]]*\\]|[^,}\\n]+)", limit);
    }
    Files.writeString(folder.resolve("guard.json"), text);
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "-XX:+UseSerialGC",
            "-Xmx64m",
            "-XX:+ExitOnOutOfMemoryError",
            "-XX:MaxDirectMemorySize=16m",
            "-XX:ReservedCodeCacheSize=32m",
            "-XX:+IgnoreUnrecognizedVMOptions",
            "-XX:+UseCompactObjectHeaders",
            "-cp",
            classPath(),
            "dev.ringfence.guard.Main",
            "guard",
            "--config",
            folder.resolve("guard.json").toString(),
            "--keys",
            folder.resolve("keys").toString(),
            "--engine",
            "unix:" + engine.getPath(),
            "--listen",
            "127.0.0.1:" + port,
            "--admin",
            "127.0.0.1:" + adminPort));
    command.addAll(List.of(more));
    process =
        new ProcessBuilder(command)
            .redirectOutput(folder.resolve("audit").toFile())
            .redirectError(folder.resolve("errors").toFile())
            .start();
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (!admin("/ready").startsWith("HTTP/1.1 200")) {
      assertThat(process.isAlive()).as(errors()).isTrue();
      assertThat(System.nanoTime()).as(() -> admin("/state")).isLessThan(end);
      Thread.sleep(50);
    }
  }

  /** The guard's classes, and the two libraries that it has. */
  private static String classPath() {
    return Path.of("..", "guard", "target", "classes").toAbsolutePath().normalize()
        + File.pathSeparator
        + Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
            .filter(p -> p.contains("re2j") || p.contains("snakeyaml"))
            .collect(Collectors.joining(File.pathSeparator));
  }

  private static int freePort() {
    try (ServerSocket s = new ServerSocket(0)) {
      return s.getLocalPort();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** Resident memory in MB. */
  long residentMegabytes() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc", "" + process.pid(), "status"))) {
      if (line.startsWith("VmRSS:")) {
        return Long.parseLong(line.replaceAll("[^0-9]", "")) / 1024;
      }
    }
    throw new IOException("no VmRSS");
  }

  String errors() throws IOException {
    return Files.readString(folder.resolve("errors"));
  }

  String audit() throws IOException {
    return Files.readString(folder.resolve("audit"));
  }

  /** A page of the admin port, head and body; empty when nobody answers. */
  String admin(String path) {
    try {
      return send(adminPort, "GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    } catch (IOException e) {
      return "";
    }
  }

  Socket connect() throws IOException {
    Socket s = new Socket(InetAddress.getLoopbackAddress(), port);
    s.setSoTimeout(20_000);
    return s;
  }

  /** Sends bytes to a port, and reads until the guard closes. */
  static String send(int port, String text) throws IOException {
    try (Socket s = new Socket(InetAddress.getLoopbackAddress(), port)) {
      s.setSoTimeout(20_000);
      s.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
      return new String(s.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
    }
  }

  /** A chat request, on a connection that ends with it or goes on. */
  static String chat(String key, String content, String more, boolean last) {
    String body =
        "{\"model\":\"support-chat\",\"messages\":[{\"role\":\"user\",\"content\":\""
            + content
            + "\"}]"
            + more
            + "}";
    return "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\n"
        + (last ? "Connection: close\r\n" : "")
        + "Authorization: Bearer "
        + key
        + "\r\nContent-Type: application/json\r\nContent-Length: "
        + body.length()
        + "\r\n\r\n"
        + body;
  }

  @Override
  public void close() {
    process.destroyForcibly();
    process.onExit().join();
  }
}
