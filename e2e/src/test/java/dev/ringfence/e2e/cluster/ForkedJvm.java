package dev.ringfence.e2e.cluster;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Runs a main class in a JVM of its own, with the class path of the tests. */
public record ForkedJvm(Process process, Path output) implements AutoCloseable {

  public static ForkedJvm start(Map<String, String> environment, Class<?> main, String... arguments)
      throws IOException {
    var command = new ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of("-XX:TieredStopAtLevel=1", "-cp", System.getProperty("java.class.path")));
    command.add(main.getName());
    command.addAll(List.of(arguments));
    var output = Files.createTempFile("ringfence-jvm-", ".log");
    var builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
    builder.environment().putAll(environment);
    var process = builder.start();
    process.getOutputStream().close();
    return new ForkedJvm(process, output);
  }

  /** Runs to the end, at most three minutes, and returns what was printed. */
  public static Result run(Map<String, String> environment, Class<?> main, String... arguments)
      throws IOException, InterruptedException {
    try (var jvm = start(environment, main, arguments)) {
      return jvm.await();
    }
  }

  public record Result(int exitCode, String output) {}

  public Result await() throws IOException, InterruptedException {
    if (!process.waitFor(3, TimeUnit.MINUTES)) {
      throw new IllegalStateException("still running after three minutes:\n" + printed());
    }
    return new Result(process.exitValue(), printed());
  }

  public String printed() throws IOException {
    return Files.readString(output);
  }

  @Override
  public void close() throws IOException {
    process.destroyForcibly();
    Files.deleteIfExists(output);
  }
}
