package dev.ringfence.e2e.cluster;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Where the programs of the control plane are. Looked for in this order: the folder that {@code
 * KUBEBUILDER_ASSETS} names, the cache, and else built from pinned Go modules into the cache.
 *
 * <p>The cache is {@code <cache>/<module>/<version>-<os>-<arch>/}, where {@code <cache>} is {@code
 * RINGFENCE_CACHE}, else {@code XDG_CACHE_HOME/ringfence}, else {@code ~/.cache/ringfence}.
 */
public record Binaries(Map<Program, Path> paths) {

  public Binaries {
    paths = Map.copyOf(paths);
  }

  public Path of(Program program) {
    var path = paths.get(program);
    if (path == null) {
      throw new IllegalArgumentException(program.executable + " was not asked for");
    }
    return path;
  }

  /**
   * Finds or builds the programs.
   *
   * @param environment the environment variables
   * @param progress gets one line for each program that has to be built
   * @throws ControlPlaneException when one is missing and cannot be built; says what to do
   */
  public static Binaries resolve(
      List<Program> wanted, Map<String, String> environment, Consumer<String> progress) {
    var found = new EnumMap<Program, Path>(Program.class);
    var missing = new ArrayList<Program>();
    for (var program : wanted) {
      var path = assets(environment, program);
      if (path == null) {
        path = cached(environment, program);
      }
      if (Files.isExecutable(path)) {
        found.put(program, path);
      } else {
        missing.add(program);
      }
    }
    if (!missing.isEmpty()) {
      found.putAll(build(missing, environment, progress));
    }
    return new Binaries(found);
  }

  private static @Nullable Path assets(Map<String, String> environment, Program program) {
    var folder = environment.getOrDefault("KUBEBUILDER_ASSETS", "");
    if (folder.isBlank()) {
      return null;
    }
    var path = Path.of(folder, program.executable);
    return Files.isExecutable(path) ? path : null;
  }

  private static Path cached(Map<String, String> environment, Program program) {
    return folder(environment, program.module).resolve(program.executable);
  }

  /** The cache of everything that is built once for a machine. */
  public static Path cache(Map<String, String> environment) {
    var own = environment.getOrDefault("RINGFENCE_CACHE", "");
    if (!own.isBlank()) {
      return Path.of(own);
    }
    var xdg = environment.getOrDefault("XDG_CACHE_HOME", "");
    var base = xdg.isBlank() ? Path.of(System.getProperty("user.home"), ".cache") : Path.of(xdg);
    return base.resolve("ringfence");
  }

  static Path folder(Map<String, String> environment, Program.Module module) {
    return cache(environment).resolve(module.folder).resolve(module.version + "-" + platform());
  }

  private static String os() {
    var name = System.getProperty("os.name", "").toLowerCase(Locale.ROOT);
    return name.contains("mac") ? "darwin" : "linux";
  }

  /** {@code <os>-<arch>}, as Go names them: a part of every path in the cache. */
  public static String platform() {
    return os() + "-" + architecture();
  }

  private static String architecture() {
    return switch (System.getProperty("os.arch", "")) {
      case "amd64", "x86_64" -> "amd64";
      case "aarch64" -> "arm64";
      case String other -> other;
    };
  }

  /** Only one build at a time for each cache, within this JVM and between processes. */
  private static synchronized Map<Program, Path> build(
      List<Program> missing, Map<String, String> environment, Consumer<String> progress) {
    var cache = cache(environment);
    try {
      Files.createDirectories(cache);
      try (var channel =
              FileChannel.open(
                  cache.resolve("build.lock"),
                  StandardOpenOption.CREATE,
                  StandardOpenOption.WRITE);
          var lock = lock(channel, progress)) {
        assert lock.isValid();
        return buildLocked(missing, environment, progress);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(
          "cannot write the cache folder " + cache + "; set RINGFENCE_CACHE to another", e);
    }
  }

  private static FileLock lock(FileChannel channel, Consumer<String> progress) throws IOException {
    var lock = channel.tryLock();
    if (lock == null) {
      progress.accept("waiting for another process that builds the Kubernetes programs");
      lock = channel.lock();
    }
    return lock;
  }

  private static Map<Program, Path> buildLocked(
      List<Program> missing, Map<String, String> environment, Consumer<String> progress)
      throws IOException {
    var paths = new EnumMap<Program, Path>(Program.class);
    var todo = new ArrayList<Program>();
    for (var program : missing) {
      paths.put(program, cached(environment, program));
      if (!Files.isExecutable(cached(environment, program))) {
        todo.add(program);
      }
    }
    if (!todo.isEmpty()) {
      progress.accept(
          "The Kubernetes programs are built from source, once for this machine, into %s: %s."
              .formatted(
                  cache(environment), about(todo.stream().mapToInt(p -> p.buildSeconds).sum())));
    }
    for (int i = 0; i < todo.size(); i++) {
      var program = todo.get(i);
      progress.accept(
          "building %s %s (%d of %d), %s"
              .formatted(
                  program.executable,
                  program.module.version,
                  i + 1,
                  todo.size(),
                  about(program.buildSeconds)));
      GoBuild.build(program, cached(environment, program));
    }
    return paths;
  }

  private static String about(int seconds) {
    int minutes = Math.round(seconds / 60f);
    return switch (minutes) {
      case 0 -> "about %d seconds".formatted(seconds);
      case 1 -> "about a minute";
      default -> "about %d minutes".formatted(minutes);
    };
  }
}
