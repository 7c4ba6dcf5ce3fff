package dev.ringfence.e2e.operate;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Runs programs as a user would, in the project's folder. */
record Shell(Path folder, Map<String, String> environment, int patienceSeconds) {
  /** The project's folder, seen from the module that tests run in. */
  static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

  /** What was printed on both streams, and how it ended. */
  record Ended(int code, String text) {
    Ended ok() {
      if (code != 0) {
        throw new AssertionError("ended with code " + code + ":\n" + text);
      }
      return this;
    }
  }

  static Shell with(Path kubeconfig) {
    return new Shell(ROOT, Map.of("KUBECONFIG", kubeconfig.toString()), 120);
  }

  /** One line for bash, as it stands in a page. */
  Ended bash(String line) {
    return run("bash", "-c", line);
  }

  Ended run(String... command) {
    ProcessBuilder builder =
        new ProcessBuilder(new ArrayList<>(List.of(command)))
            .directory(folder.toFile())
            .redirectErrorStream(true);
    builder.environment().putAll(environment);
    builder.environment().put("LC_ALL", "C.UTF-8");
    try {
      Process process = builder.start();
      process.getOutputStream().close();
      Thread end =
          Thread.ofVirtual()
              .start(
                  () -> {
                    try {
                      if (!process.waitFor(patienceSeconds, TimeUnit.SECONDS)) {
                        process.descendants().forEach(ProcessHandle::destroyForcibly);
                        process.destroyForcibly();
                      }
                    } catch (InterruptedException e) {
                      Thread.currentThread().interrupt();
                    }
                  });
      String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      int code = process.waitFor();
      end.interrupt();
      return new Ended(code, text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** {@code ringfence ARG…} from this test's own classes. */
  Ended ringfence(String... arguments) {
    return run(program(arguments));
  }

  /** The same, left running; what it prints is thrown away. */
  Process start(String... arguments) {
    ProcessBuilder builder =
        new ProcessBuilder(program(arguments))
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD);
    builder.environment().putAll(environment);
    try {
      return builder.start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Ends a program; one that waits for a server that is gone is not waited for. */
  static void end(Process process) {
    process.destroy();
    try {
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }

  private static String[] program(String... arguments) {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                "dev.ringfence.cli.Ringfence"));
    command.addAll(List.of(arguments));
    return command.toArray(String[]::new);
  }
}
