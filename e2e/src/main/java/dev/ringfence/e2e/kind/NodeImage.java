package dev.ringfence.e2e.kind;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.ringfence.e2e.cluster.Binaries;
import dev.ringfence.e2e.cluster.Folders;
import dev.ringfence.e2e.cluster.GoBuild;
import dev.ringfence.e2e.cluster.Program;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * A node image for Kind made from Debian's packages and pinned Go modules, for machines that reach
 * no image registry. The images in it hold programs built here under the official names; they are
 * not the official images. Kept in the cache by its recipe and versions; a gigabyte.
 */
final class NodeImage {
  private static final List<String> RECIPE =
      List.of("node-image.sh", "manifests/default-cni.yaml", "manifests/default-storage.yaml");

  private NodeImage() {}

  static String name() {
    return "local/kind-node:v%s-%s".formatted(Program.Module.KUBERNETES.version, key());
  }

  /** Kind's configuration for clusters of this image, beside the nodes: the tags that it holds. */
  static String configuration() {
    return """
        - |
          kind: ClusterConfiguration
          dns: {imageTag: v%s}
          etcd: {local: {imageTag: v%s}}
        """
        .formatted(Program.Module.COREDNS.version, Program.Module.ETCD.version);
  }

  static Path archive() {
    return Binaries.cache(System.getenv())
        .resolve("kind-node")
        .resolve(
            "%s-%s-%s".formatted(Program.Module.KUBERNETES.version, key(), Binaries.platform()))
        .resolve("node.tar");
  }

  /**
   * The archive, made first where it is missing: about twelve minutes from nothing, one when the
   * programs are in the cache.
   *
   * @param docker a daemon that is used for it
   */
  static Path archive(Docker docker, Consumer<String> progress) {
    var archive = archive();
    try {
      Files.createDirectories(archive.resolveSibling(""));
      try (var channel =
              FileChannel.open(
                  archive.resolveSibling("lock"),
                  StandardOpenOption.CREATE,
                  StandardOpenOption.WRITE);
          var lock = channel.lock()) {
        assert lock.isValid();
        if (!Files.exists(archive)) {
          progress.accept("no node image of Kind is to be had from a registry: making one, once");
          Packages.install(Packages.NODE_IMAGE, progress);
          make(docker, archive, progress);
        }
      }
      return archive;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot make the node image " + archive, e);
    }
  }

  private static void make(Docker docker, Path archive, Consumer<String> progress)
      throws IOException {
    var binaries = Binaries.resolve(Program.NODE, System.getenv(), progress);
    var work = Files.createTempDirectory("ringfence-node-image-");
    var part = archive.resolveSibling("node.tar.part");
    try {
      var programs = Files.createDirectory(work.resolve("programs"));
      for (var program : Program.NODE) {
        Files.createSymbolicLink(
            programs.resolve(program.executable), binaries.of(program).toAbsolutePath());
      }
      Files.createDirectory(work.resolve("manifests"));
      for (var name : RECIPE) {
        Files.write(work.resolve(name), Keeper.Scripts.bytes(name));
      }
      var environment = new HashMap<>(docker.environment());
      environment.putAll(
          Map.of(
              "PROGRAMS",
              programs.toString(),
              "KIND_FILES",
              GoBuild.source(Program.Module.KIND).resolve("images/base/files").toString(),
              "MANIFESTS",
              work.resolve("manifests").toString(),
              "WORK",
              Files.createDirectory(work.resolve("work")).toString(),
              "OUTPUT",
              part.toString(),
              "IMAGE",
              name(),
              "KUBERNETES",
              Program.Module.KUBERNETES.version,
              "ETCD",
              Program.Module.ETCD.version,
              "COREDNS",
              Program.Module.COREDNS.version));
      Command.show(
          environment, progress, List.of("bash", work.resolve("node-image.sh").toString()));
      Files.move(part, archive, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(part);
      Folders.delete(work);
    }
  }

  /** Changes when the recipe does, or the version of anything in the image. */
  private static String key() {
    try {
      var digest = MessageDigest.getInstance("SHA-256");
      for (var name : RECIPE) {
        digest.update(Keeper.Scripts.bytes(name));
      }
      for (var program : Program.NODE) {
        digest.update((program.executable + program.module.version + "\n").getBytes(UTF_8));
      }
      return HexFormat.of().formatHex(digest.digest(), 0, 6);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    } catch (IOException e) {
      throw new UncheckedIOException("the recipe cannot be read", e);
    }
  }
}
