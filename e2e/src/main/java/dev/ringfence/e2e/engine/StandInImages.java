package dev.ringfence.e2e.engine;

import dev.ringfence.e2e.cluster.ControlPlaneException;
import dev.ringfence.e2e.cluster.Folders;
import dev.ringfence.e2e.images.ImageArchive;
import dev.ringfence.e2e.images.ImageConfig;
import dev.ringfence.e2e.images.Layer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** Images for tests: the stand-in engine, which says so in its name, and a model. */
public final class StandInImages {
  /** What the start script, the probes and tests need beside the shell. */
  private static final List<String> APPLETS =
      List.of(
          "sh", "cat", "env", "id", "ls", "nc", "rm", "sleep", "stat", "test", "timeout", "touch",
          "tr");

  private StandInImages() {}

  /**
   * The engine: one static program and Debian's static busybox.
   *
   * @param version of vLLM that it stands in for; images of two versions differ
   * @param folder where the archive goes
   */
  public static ImageArchive engine(
      Path checkout, String version, Path folder, Consumer<String> progress) throws IOException {
    StandInEngine engine = StandInEngine.build(checkout, progress);
    Path root = Files.createTempDirectory(folder, "engine-root-");
    try {
      Path bin = Files.createDirectories(root.resolve("bin"));
      Files.copy(busybox(engine.folder().resolveSibling(""), progress), bin.resolve("busybox"));
      Files.setPosixFilePermissions(
          bin.resolve("busybox"), PosixFilePermissions.fromString("rwxr-xr-x"));
      for (String applet : APPLETS) {
        Files.createSymbolicLink(bin.resolve(applet), Path.of("busybox"));
      }
      copy(engine.folder(), Files.createDirectories(root.resolve("usr/local/bin")));
      for (String mount : List.of("dev", "proc", "sys", "tmp", "run", "model", "etc")) {
        Files.createDirectories(root.resolve(mount));
      }
      ImageConfig config =
          new ImageConfig(
              List.of("vllm", "serve"),
              List.of(),
              "",
              Map.of(StandInEngine.VERSION, version),
              Map.of());
      return archive(root, "stand-in-engine", version, config, folder);
    } finally {
      Folders.delete(root);
    }
  }

  /** A model, to be mounted as a volume. */
  public static ImageArchive model(StandInModel model, String name, Path folder)
      throws IOException {
    Path root = Files.createTempDirectory(folder, "model-root-");
    try {
      model.write(root);
      return archive(root, name, "1", ImageConfig.data(), folder);
    } finally {
      Folders.delete(root);
    }
  }

  private static ImageArchive archive(
      Path root, String name, String tag, ImageConfig config, Path folder) throws IOException {
    Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwxr-xr-x"));
    Path layer = folder.resolve(name + "-" + tag + ".layer");
    try {
      return ImageArchive.write(
          folder.resolve(name + "-" + tag + ".tar"),
          "docker.io/ringfence/" + name,
          tag,
          config,
          List.of(Layer.of(name, root, layer)));
    } finally {
      Files.deleteIfExists(layer);
    }
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> all = Files.walk(from)) {
      for (Path file : all.skip(1).toList()) {
        Files.copy(file, to.resolve(from.relativize(file)));
      }
    }
  }

  /** The start script wants a real shell; a static one needs no base image. */
  private static Path busybox(Path cache, Consumer<String> progress) throws IOException {
    Path kept = cache.resolve("busybox");
    if (Files.exists(kept)) {
      return kept;
    }
    progress.accept("fetching Debian's package busybox-static");
    Path work = Files.createTempDirectory(cache, "busybox-");
    try {
      Process p =
          new ProcessBuilder(
                  "/bin/sh",
                  "-c",
                  "apt-get download -q busybox-static || "
                      + "{ apt-get update -q && apt-get download -q busybox-static; } && "
                      + "dpkg-deb -x busybox-static_*.deb . && mv bin/busybox ../busybox")
              .directory(work.toFile())
              .redirectErrorStream(true)
              .start();
      String said = new String(p.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (p.waitFor() != 0 || !Files.exists(kept)) {
        throw new ControlPlaneException(
            "The stand-in engine's image needs Debian's package busybox-static, which cannot be"
                + " had here:\n"
                + said);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ControlPlaneException("interrupted while fetching busybox", e);
    } finally {
      Folders.delete(work);
    }
    return kept;
  }
}
