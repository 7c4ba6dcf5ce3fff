package dev.ringfence.e2e.images;

import dev.ringfence.e2e.cluster.Folders;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * The image of one of our programs: Debian's C library, a Java run time of the modules that it
 * needs, its jars, and the cache from which it starts fast. No shell; not root.
 *
 * <p>All layers but the cache's are the same bytes for the same sources, JDK and libc6.
 */
final class ProgramImage {
  private static final String JAVA = "opt/java";
  private static final String CACHE = "classes.aot";

  private ProgramImage() {}

  /**
   * @param app the folder with the program's jar, and what it needs beside it or in {@code lib}
   * @param target the archive
   */
  static ImageArchive build(
      Program program, Path app, String version, Path target, Consumer<String> progress)
      throws IOException {
    Files.createDirectories(target.toAbsolutePath().resolveSibling(""));
    var work = Files.createTempDirectory("ringfence-image-");
    try {
      progress.accept(program.folder() + ": C library and Java run time");
      var ground = Files.createDirectory(work.resolve("ground"));
      var libc = DebianLibc.into(ground);
      var jars = jars(app);
      var runtime = work.resolve("runtime");
      Files.createDirectories(runtime.resolve("opt"));
      JavaRuntime.link(runtime.resolve(JAVA), jars);

      var libraries = Files.createDirectories(work.resolve("libraries/app"));
      var own = Files.createDirectories(work.resolve("own/app"));
      var placed = new LinkedHashMap<Path, Path>();
      for (var jar : jars) {
        boolean ours = jar.getFileName().toString().startsWith("ringfence-");
        var place = (ours ? own : libraries).resolve(app.relativize(jar));
        Files.createDirectories(place.resolveSibling(""));
        CacheableJar.copy(jar, place);
        placed.put(jar, place);
      }
      Sbom.write(own.resolve("sbom.cdx.json"), program.folder(), version, placed, libc);

      progress.accept(program.folder() + ": training");
      // As in the image: one folder, every file with its time. The cache is refused otherwise.
      var whole = Files.createDirectories(work.resolve("whole"));
      for (var part : List.of(runtime, work.resolve("libraries"), work.resolve("own"))) {
        clean(part);
        link(part, whole);
      }
      var cache = Files.createDirectories(work.resolve("cache/app")).resolve(CACHE);
      Training.run(
          program,
          whole.resolve(JAVA).resolve("bin/java"),
          whole.resolve("app").resolve(program.jar),
          cache,
          progress);
      clean(work.resolve("cache"));

      progress.accept(program.folder() + ": archive");
      var layers = new ArrayList<Layer>();
      for (var part :
          List.of(
              Map.entry("C library", ground),
              Map.entry("Java run time", runtime),
              Map.entry("libraries", work.resolve("libraries")),
              Map.entry("program", work.resolve("own")),
              Map.entry("class cache", work.resolve("cache")))) {
        layers.add(
            Layer.of(
                part.getKey(), part.getValue(), work.resolve("layer-" + layers.size() + ".tgz")));
      }
      return ImageArchive.write(
          target,
          "docker.io/ringfence/" + program.folder(),
          version,
          config(program, version),
          layers);
    } finally {
      Folders.delete(work);
    }
  }

  /** The command that every use of the image begins with. */
  static List<String> entrypoint(Program program) {
    var entrypoint = new ArrayList<>(List.of("/" + JAVA + "/bin/java"));
    entrypoint.addAll(program.options());
    entrypoint.addAll(List.of("-XX:AOTCache=/app/" + CACHE, "-jar", "/app/" + program.jar));
    return List.copyOf(entrypoint);
  }

  private static ImageConfig config(Program program, String version) {
    return new ImageConfig(
        entrypoint(program),
        program.command,
        program.user,
        program.environment,
        Map.of(
            "org.opencontainers.image.title",
            "ringfence " + program.folder(),
            "org.opencontainers.image.version",
            version,
            "org.opencontainers.image.base.name",
            "scratch"));
  }

  private static List<Path> jars(Path app) throws IOException {
    try (var walk = Files.walk(app)) {
      return walk.filter(path -> path.toString().endsWith(".jar")).sorted().toList();
    }
  }

  /** One time and plain permissions for every file. */
  private static void clean(Path tree) throws IOException {
    List<Path> all;
    try (var walk = Files.walk(tree)) {
      all = walk.toList();
    }
    for (var path : all) {
      if (Files.isSymbolicLink(path)) {
        continue;
      }
      boolean executable =
          Files.isDirectory(path)
              || path.toString().contains("/bin/")
              || path.toString().endsWith(".so")
              || path.getFileName().toString().equals("jspawnhelper");
      Files.setPosixFilePermissions(
          path, PosixFilePermissions.fromString(executable ? "rwxr-xr-x" : "rw-r--r--"));
      Files.setLastModifiedTime(path, FileTime.from(Layer.TIME));
    }
  }

  /** The same tree again, of hard links. */
  private static void link(Path from, Path to) throws IOException {
    List<Path> all;
    try (var walk = Files.walk(from)) {
      all = walk.filter(path -> !path.equals(from)).toList();
    }
    for (var path : all) {
      var place = to.resolve(from.relativize(path).toString());
      if (Files.isSymbolicLink(path)) {
        Files.createSymbolicLink(place, Files.readSymbolicLink(path));
      } else if (Files.isDirectory(path)) {
        Files.createDirectories(place);
      } else {
        Files.createLink(place, path);
      }
    }
  }
}
