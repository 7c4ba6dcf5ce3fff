package dev.ringfence.render;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The engine's scripts, run by every POSIX shell that is here, with the test as the guard. */
class StartScriptTest {
  private static final long SECONDS = 30;

  @TempDir Path folder;

  static List<List<String>> shells() {
    return Stream.of(
            List.of("/bin/dash"), List.of("/bin/bash", "--posix"), List.of("/bin/busybox", "sh"))
        .filter(s -> Files.isExecutable(Path.of(s.getFirst())))
        .toList();
  }

  @ParameterizedTest
  @MethodSource("shells")
  void clearsAsksWaitsAndBecomesTheEngine(List<String> shell) throws Exception {
    Files.createDirectories(run());
    Files.createDirectories(shm());
    for (String left : List.of("start", "go", "refused", "healthy", "dead", "drain", "drained")) {
      Files.writeString(run().resolve(left), "");
    }
    Files.writeString(socket(), "");
    Files.writeString(shm().resolve("psm_1"), "");
    Process process =
        start(shell, "/bin/sh", "-c", "echo \"[$1]\"; ulimit -c", "x", "a b$(id);'\"");

    await(process, run().resolve("start"));
    assertThat(files(run())).containsExactly("start");
    assertThat(socket()).doesNotExist();
    assertThat(files(shm())).isEmpty();
    assertThat(process.waitFor(1500, TimeUnit.MILLISECONDS)).as("waits for the word").isFalse();

    Files.writeString(run().resolve("go"), "");
    assertThat(process.waitFor(SECONDS, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).isZero();
    String out = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(out.lines().toList()).containsExactly("[a b$(id);'\"]", "0");
  }

  @ParameterizedTest
  @MethodSource("shells")
  void endsWithTheReasonWhenRefused(List<String> shell) throws Exception {
    Process process = start(shell, "/bin/sh", "-c", "echo never");
    await(process, run().resolve("start"));
    Files.writeString(run().resolve("refused"), "VLLM-405 model.safetensors: other bytes\n");
    assertThat(process.waitFor(SECONDS, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).isEqualTo(1);
    assertThat(new String(process.getInputStream().readAllBytes(), UTF_8)).isEmpty();
    assertThat(new String(process.getErrorStream().readAllBytes(), UTF_8))
        .isEqualTo("VLLM-405 model.safetensors: other bytes\n");
  }

  @ParameterizedTest
  @MethodSource("shells")
  void endsOnTermWhileItWaits(List<String> shell) throws Exception {
    Process process = start(shell, "/bin/sh", "-c", "echo never");
    await(process, run().resolve("start"));
    process.toHandle().destroy(); // Process.destroy would close the streams too
    assertThat(process.waitFor(SECONDS, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).isEqualTo(143);
    assertThat(new String(process.getInputStream().readAllBytes(), UTF_8)).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("shells")
  void drainsUntilTheGuardSaysSo(List<String> shell) throws Exception {
    Files.createDirectories(run());
    Process process = drain(shell, SECONDS);
    await(process, run().resolve("drain"));
    assertThat(process.waitFor(500, TimeUnit.MILLISECONDS)).isFalse();
    Files.writeString(run().resolve("drained"), "");
    assertThat(process.waitFor(SECONDS, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).isZero();
  }

  @ParameterizedTest
  @MethodSource("shells")
  void stopsDrainingWithoutAGuard(List<String> shell) throws Exception {
    Files.createDirectories(run());
    Process process = drain(shell, 1);
    assertThat(process.waitFor(SECONDS, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as("timeout's own code").isNotZero();
  }

  private Process start(List<String> shell, String... engine) throws IOException {
    Files.createDirectories(shm());
    Files.createDirectories(run());
    // The real script with another folder for /dev/shm: that of this machine is not ours to clear.
    List<String> command = new ArrayList<>(shell);
    command.addAll(
        List.of(
            "-c",
            Scripts.START.replace("/dev/shm", shm().toString()),
            run().toString(),
            socket().toString()));
    command.addAll(List.of(engine));
    return new ProcessBuilder(command).start();
  }

  private Process drain(List<String> shell, long seconds) throws IOException {
    List<String> rendered = Scripts.drain((int) seconds);
    List<String> command = new ArrayList<>(rendered.subList(0, 2));
    command.addAll(shell);
    command.addAll(List.of("-c", rendered.get(4), run().toString()));
    assertThat(rendered.subList(0, 5))
        .containsExactly("timeout", Long.toString(seconds), "/bin/sh", "-c", Scripts.DRAIN);
    return new ProcessBuilder(command).start();
  }

  private static void await(Process process, Path file) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
    while (!Files.exists(file) || hasMore(file)) {
      assertThat(process.isAlive()).as("script ended early").isTrue();
      assertThat(System.nanoTime()).isLessThan(end);
      Thread.sleep(20);
    }
  }

  /** Whether something of before is still beside it: the script has not cleared yet. */
  private static boolean hasMore(Path file) {
    return Files.exists(file.resolveSibling("go"));
  }

  private static List<String> files(Path folder) throws IOException {
    try (Stream<Path> s = Files.list(folder)) {
      return s.map(p -> p.getFileName().toString()).sorted().toList();
    }
  }

  private Path run() {
    return folder.resolve("run");
  }

  private Path shm() {
    return folder.resolve("shm");
  }

  private Path socket() {
    return folder.resolve("engine.sock");
  }
}
