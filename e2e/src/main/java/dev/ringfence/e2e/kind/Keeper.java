package dev.ringfence.e2e.kind;

import dev.ringfence.e2e.cluster.ControlPlaneException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/**
 * A shell script that watches over something which must not outlive this JVM. It reads from a pipe
 * that only this JVM can write: when the JVM is gone, killed included, the kernel ends the pipe,
 * and the script clears up. It is in a session of its own, so that Ctrl-C does not end it before.
 */
record Keeper(Process process, Path script) implements AutoCloseable {

  static Keeper start(String name, Map<String, String> environment, String... arguments) {
    try {
      var script = Scripts.unpack(name);
      var command = new ArrayList<>(List.of("setsid", "--wait", "bash", script.toString()));
      command.addAll(List.of(arguments));
      var builder =
          new ProcessBuilder(command)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .redirectError(ProcessBuilder.Redirect.DISCARD);
      builder.environment().putAll(environment);
      return new Keeper(builder.start(), script);
    } catch (IOException e) {
      throw new ControlPlaneException("cannot start " + name, e);
    }
  }

  /** Tells the script to clear up and waits until it has. */
  @Override
  public void close() {
    try {
      process.getOutputStream().close();
      if (!process.waitFor(2, TimeUnit.MINUTES)) {
        throw new ControlPlaneException(script.getFileName() + " did not clear up in two minutes");
      }
      Files.deleteIfExists(script);
    } catch (IOException e) {
      throw new ControlPlaneException("cannot end " + script.getFileName(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ControlPlaneException("interrupted while " + script.getFileName() + " ended", e);
    }
  }

  /** The scripts and manifests beside this class, as files. */
  static final class Scripts {
    private Scripts() {}

    static Path unpack(String name) throws IOException {
      var file = Files.createTempFile("ringfence-", "-" + name);
      Files.write(file, bytes(name));
      return file;
    }

    static byte[] bytes(String name) throws IOException {
      try (var in = Objects.requireNonNull(Keeper.class.getResourceAsStream(name), name)) {
        return in.readAllBytes();
      }
    }
  }
}
