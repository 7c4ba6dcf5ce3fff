package dev.ringfence.e2e.engine;

import dev.ringfence.e2e.cluster.Binaries;
import dev.ringfence.e2e.cluster.ControlPlaneException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * The stand-in engine as a program: {@code vllm}, with the argument tables beside it, built once
 * for each state of its source and kept in the cache.
 *
 * @param folder holds {@code vllm} and {@code stand-in-tables}
 */
public record StandInEngine(Path folder) {
  /** The variable by which the program is told which version of vLLM it stands in for. */
  public static final String VERSION = "STAND_IN_VERSION";

  private static final String SOURCE = "tools/stand-in-engine";
  private static final String TABLES = "operator/src/main/resources/dev/ringfence/vllm";

  /**
   * @param checkout the top of a checkout of this project
   * @param progress gets a line when it has to be built
   * @throws ControlPlaneException when it cannot be built; says what to do
   */
  public static StandInEngine build(Path checkout, Consumer<String> progress) {
    Path source = checkout.resolve(SOURCE).toAbsolutePath().normalize();
    Path tables = checkout.resolve(TABLES);
    try {
      List<Path> inputs =
          Stream.concat(
                  files(source, "go.mod", ".go").filter(f -> !f.toString().endsWith("_test.go")),
                  files(tables, "", ".json").filter(StandInEngine::isTable))
              .sorted()
              .toList();
      Path parent = Binaries.cache(System.getenv()).resolve("stand-in-engine");
      Path target = parent.resolve(digest(inputs));
      Files.createDirectories(parent);
      try (var channel =
              FileChannel.open(
                  parent.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
          var lock = channel.lock()) {
        assert lock.isValid();
        if (!Files.exists(target)) {
          progress.accept("building the stand-in engine, some seconds");
          make(source, inputs, target);
        }
      }
      return new StandInEngine(target);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot build the stand-in engine", e);
    }
  }

  public Path program() {
    return folder.resolve("vllm");
  }

  private static Stream<Path> files(Path folder, String name, String suffix) throws IOException {
    try (Stream<Path> all = Files.list(folder)) {
      return all.filter(f -> f.endsWith(name) || f.toString().endsWith(suffix)).toList().stream();
    }
  }

  private static boolean isTable(Path file) {
    return Character.isDigit(String.valueOf(file.getFileName()).charAt(0));
  }

  private static String digest(List<Path> inputs) throws IOException {
    try {
      var digest = MessageDigest.getInstance("SHA-256");
      for (Path input : inputs) {
        digest.update((input.getFileName() + "\n").getBytes(StandardCharsets.UTF_8));
        digest.update(Files.readAllBytes(input));
      }
      return HexFormat.of().formatHex(digest.digest(), 0, 8);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  private static void make(Path source, List<Path> inputs, Path target) throws IOException {
    Path part = Files.createTempDirectory(target.getParent(), "part-");
    var command =
        new ProcessBuilder(
                "go",
                "build",
                "-trimpath",
                "-buildvcs=false",
                "-ldflags=-s -w",
                "-o",
                part.resolve("vllm").toString(),
                ".")
            .directory(source.toFile())
            .redirectErrorStream(true);
    command.environment().put("CGO_ENABLED", "0");
    command.environment().put("GOWORK", "off");
    Process go;
    try {
      go = command.start();
    } catch (IOException e) {
      throw new ControlPlaneException(
          "The stand-in engine is built with Go 1.26 or later, which was not found (https://go.dev/dl).",
          e);
    }
    String output = new String(go.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    try {
      if (go.waitFor() != 0) {
        throw new ControlPlaneException("cannot build the stand-in engine:\n" + output);
      }
    } catch (InterruptedException e) {
      go.destroy();
      Thread.currentThread().interrupt();
      throw new ControlPlaneException("interrupted while building the stand-in engine", e);
    }
    Path tables = Files.createDirectory(part.resolve("stand-in-tables"));
    for (Path input : inputs) {
      if (isTable(input)) {
        Files.copy(input, tables.resolve(String.valueOf(input.getFileName())));
      }
    }
    Files.setPosixFilePermissions(
        part, java.nio.file.attribute.PosixFilePermissions.fromString("rwxr-xr-x"));
    Files.move(part, target, StandardCopyOption.ATOMIC_MOVE);
  }
}
