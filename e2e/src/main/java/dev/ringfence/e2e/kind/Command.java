package dev.ringfence.e2e.kind;

import dev.ringfence.e2e.cluster.ControlPlaneException;
import dev.ringfence.e2e.cluster.LogTail;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** Other people's programs, run to their end. */
final class Command {
  private static final Duration PATIENCE = Duration.ofMinutes(20);

  private Command() {}

  /** What a program printed, on both streams in their order, and how it ended. */
  record Answer(int exitCode, String text) {
    boolean ok() {
      return exitCode == 0;
    }
  }

  /**
   * @throws ControlPlaneException when it cannot be started or does not end in twenty minutes
   */
  static Answer run(Map<String, String> environment, List<String> command) {
    try {
      var output = Files.createTempFile("ringfence-", ".log");
      try {
        var builder =
            new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
        builder.environment().putAll(environment);
        var process = builder.start();
        process.getOutputStream().close();
        if (!process.waitFor(PATIENCE.toMinutes(), TimeUnit.MINUTES)) {
          process.descendants().forEach(ProcessHandle::destroyForcibly);
          process.destroyForcibly();
          throw new ControlPlaneException(
              "%s did not end within %d minutes; its last lines:%n%s"
                  .formatted(command.getFirst(), PATIENCE.toMinutes(), LogTail.of(output, 15)));
        }
        return new Answer(
            process.exitValue(),
            new String(Files.readAllBytes(output), StandardCharsets.UTF_8).strip());
      } finally {
        Files.deleteIfExists(output);
      }
    } catch (IOException e) {
      throw new ControlPlaneException("cannot run " + command.getFirst(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ControlPlaneException("interrupted while " + command.getFirst() + " ran", e);
    }
  }

  /**
   * @return what it printed
   * @throws ControlPlaneException when it fails; with its last lines
   */
  static String must(Map<String, String> environment, List<String> command) {
    var answer = run(environment, command);
    if (!answer.ok()) {
      throw new ControlPlaneException(
          "%s failed (exit code %d):%n%s"
              .formatted(
                  String.join(" ", command.subList(0, Math.min(4, command.size()))),
                  answer.exitCode(),
                  LogTail.of(answer.text(), 20)));
    }
    return answer.text();
  }

  /** Runs a program whose lines are progress; all of them are in the message when it fails. */
  static void show(
      Map<String, String> environment, Consumer<String> progress, List<String> command) {
    try {
      var builder = new ProcessBuilder(command).redirectErrorStream(true);
      builder.environment().putAll(environment);
      var process = builder.start();
      process.getOutputStream().close();
      var said = new StringBuilder();
      try (var lines = process.inputReader(StandardCharsets.UTF_8)) {
        for (var line = lines.readLine(); line != null; line = lines.readLine()) {
          said.append(line).append('\n');
          progress.accept(line);
        }
      }
      if (process.waitFor() != 0) {
        throw new ControlPlaneException(
            "%s failed (exit code %d):%n%s"
                .formatted(
                    command.getLast(), process.exitValue(), LogTail.of(said.toString(), 20)));
      }
    } catch (IOException e) {
      throw new ControlPlaneException("cannot run " + command.getFirst(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ControlPlaneException("interrupted while " + command.getFirst() + " ran", e);
    }
  }

  /** Whether a program of that name is on PATH or among the administrator's. */
  static boolean there(String name) {
    return List.of((System.getenv().getOrDefault("PATH", "") + ":/usr/sbin:/sbin").split(":"))
        .stream()
        .anyMatch(folder -> Files.isExecutable(java.nio.file.Path.of(folder, name)));
  }
}
