package dev.ringfence.e2e.install;

import dev.ringfence.e2e.cluster.Binaries;
import dev.ringfence.e2e.cluster.Program;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * The real helm, with settings and caches of its own.
 *
 * @param home where it keeps them
 * @param kubeconfig empty for no cluster
 */
record Helm(Path executable, Path home, Optional<Path> kubeconfig) {
  /** What it printed on standard output, on standard error, and how it ended. */
  record Answer(int code, String out, String err) {
    String all() {
      return out + err;
    }
  }

  static Helm offline(Path home) {
    return new Helm(program(), home, Optional.empty());
  }

  static Helm on(Path kubeconfig, Path home) {
    return new Helm(program(), home, Optional.of(kubeconfig));
  }

  private static Path program() {
    return Binaries.resolve(List.of(Program.HELM), System.getenv(), System.err::println)
        .of(Program.HELM);
  }

  /** Its standard output; a failure is an assertion error with all that it said. */
  String run(String... arguments) {
    Answer answer = ask(arguments);
    if (answer.code() != 0) {
      throw new AssertionError(
          "helm " + String.join(" ", arguments) + ": exit " + answer.code() + "\n" + answer.all());
    }
    return answer.out();
  }

  Answer ask(String... arguments) {
    List<String> command = new ArrayList<>(List.of(executable.toString()));
    command.addAll(List.of(arguments));
    try {
      Path out = Files.createTempFile(home, "out", "");
      Path err = Files.createTempFile(home, "err", "");
      ProcessBuilder builder =
          new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
      builder.environment().put("HOME", home.toString());
      builder.environment().keySet().removeIf(name -> name.startsWith("HELM_"));
      builder
          .environment()
          .put(
              "KUBECONFIG", kubeconfig.map(Path::toString).orElse(home.resolve("none").toString()));
      Process process = builder.start();
      process.getOutputStream().close();
      if (!process.waitFor(5, TimeUnit.MINUTES)) {
        process.destroyForcibly();
        throw new AssertionError("helm did not end: " + command);
      }
      return new Answer(process.exitValue(), text(out), text(err));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private static String text(Path file) throws IOException {
    String text = Files.readString(file, StandardCharsets.UTF_8);
    Files.delete(file);
    return text;
  }
}
