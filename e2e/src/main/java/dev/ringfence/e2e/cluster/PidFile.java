package dev.ringfence.e2e.cluster;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Where a program that outlives its starter left its process id: {@code pids/<name>@<executable>}.
 *
 * @param executable the last part of the path of what runs
 */
record PidFile(Path path, String name, String executable) {

  static PidFile of(ControlPlaneFolder folder, String name, Path command) {
    var executable = command.getFileName().toString();
    return new PidFile(folder.pids().resolve(name + "@" + executable), name, executable);
  }

  static List<PidFile> all(ControlPlaneFolder folder) {
    if (!Files.exists(folder.pids())) {
      return List.of();
    }
    try (var files = Files.list(folder.pids())) {
      return files.sorted().map(PidFile::parse).flatMap(Optional::stream).toList();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + folder.pids(), e);
    }
  }

  private static Optional<PidFile> parse(Path path) {
    var parts = path.getFileName().toString().split("@", 2);
    return parts.length == 2
        ? Optional.of(new PidFile(path, parts[0], parts[1]))
        : Optional.empty();
  }

  /**
   * The process, if it still runs. The number may belong to somebody else by now, after a restart
   * of the machine say: ours runs that executable and is not younger than the file.
   */
  Optional<ProcessHandle> process() {
    try {
      var written = Files.getLastModifiedTime(path).toInstant();
      return ProcessHandle.of(Long.parseLong(Files.readString(path).strip()))
          .filter(ProcessHandle::isAlive)
          .filter(handle -> runs(handle, executable))
          .filter(
              handle ->
                  handle
                      .info()
                      .startInstant()
                      .filter(start -> start.isBefore(written.plus(Duration.ofSeconds(2))))
                      .isPresent());
    } catch (IOException | NumberFormatException e) {
      return Optional.empty();
    }
  }

  static boolean runs(ProcessHandle handle, String executable) {
    return handle
        .info()
        .command()
        .map(command -> Path.of(command).getFileName().toString())
        .filter(executable::equals)
        .isPresent();
  }
}
