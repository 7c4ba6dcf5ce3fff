package dev.ringfence.e2e.vllm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ringfence.cli.Ringfence;
import dev.ringfence.e2e.cluster.ForkedJvm;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The project's programs, as a user would call them. */
final class Programs {
  /** The checkout. */
  static final Path HERE = Path.of("..").toAbsolutePath().normalize();

  static final Path TOOLS = HERE.resolve("tools/vllm");

  /** What the build of the guard leaves; its image holds the same. */
  static final Path GUARD = HERE.resolve("guard/target/app");

  static final Path JAVA = Path.of(System.getProperty("java.home"));

  private Programs() {}

  record Result(int exitCode, String out, String err) {}

  /** Runs to the end, at most ten minutes; what goes to standard error is shown as it comes too. */
  static Result run(Map<String, String> environment, List<String> command)
      throws IOException, InterruptedException {
    Path out = Files.createTempFile("ringfence-", ".out");
    Path err = Files.createTempFile("ringfence-", ".err");
    try {
      ProcessBuilder builder =
          new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
      builder.environment().putAll(environment);
      Process process = builder.start();
      process.getOutputStream().close();
      if (!process.waitFor(10, TimeUnit.MINUTES)) {
        process.destroyForcibly();
        throw new IllegalStateException("still running after ten minutes: " + command);
      }
      return new Result(
          process.exitValue(),
          Files.readString(out, StandardCharsets.UTF_8),
          Files.readString(err, StandardCharsets.UTF_8));
    } finally {
      Files.deleteIfExists(out);
      Files.deleteIfExists(err);
    }
  }

  /**
   * The folder of the newest vLLM that the project has a lock for; installed when it is missing.
   */
  static Path installed() throws IOException, InterruptedException {
    ProcessBuilder install = new ProcessBuilder(TOOLS.resolve("install").toString());
    Process process = install.redirectError(ProcessBuilder.Redirect.INHERIT).start();
    String folder = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as("tools/vllm/install").isZero();
    return Path.of(folder.strip());
  }

  /** Makes the tiny model; see tools/vllm/tiny_model.py for the options. */
  static Path tinyModel(Path folder, String... options) throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(
            List.of("python3", TOOLS.resolve("tiny_model.py").toString(), folder.toString()));
    command.addAll(List.of(options));
    Result made = run(Map.of(), command);
    assertThat(made.exitCode()).as(made.err()).isZero();
    return folder;
  }

  /** {@code ./ringfence trust DIR}. */
  static Result trust(Path folder) throws IOException, InterruptedException {
    return guard("trust", folder.toString());
  }

  /** A program of the guard's image. */
  static Result guard(String... arguments) throws IOException, InterruptedException {
    assertThat(GUARD.resolve("ringfence-guard.jar")).as("built by mvn package").exists();
    List<String> command =
        new ArrayList<>(
            List.of(
                JAVA.resolve("bin/java").toString(),
                "-jar",
                GUARD.resolve("ringfence-guard.jar").toString()));
    command.addAll(List.of(arguments));
    return run(Map.of(), command);
  }

  /** {@code ./ringfence render}; what it printed. */
  static String render(Path... inputs) throws IOException, InterruptedException {
    List<String> arguments = new ArrayList<>(List.of("render"));
    for (Path input : inputs) {
      arguments.addAll(List.of("-f", input.toString()));
    }
    ForkedJvm.Result result =
        ForkedJvm.run(Map.of(), Ringfence.class, arguments.toArray(String[]::new));
    assertThat(result.exitCode()).as(result.output()).isZero();
    return result.output();
  }
}
