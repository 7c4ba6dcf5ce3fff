package dev.ringfence.e2e.images;

import dev.ringfence.e2e.cluster.ControlPlaneException;
import dev.ringfence.e2e.cluster.Folders;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * The ground that our images stand on: the C library of Debian's package {@code libc6} and the few
 * files that name users and hosts. No shell, no package manager, nothing else.
 */
record DebianLibc(String version, String distribution) {
  private static final Pattern LIBRARY =
      Pattern.compile("(ld-linux.*|lib(c|m|dl|pthread|rt|resolv|nss_dns|nss_files))\\.so\\.[0-9]+");

  /** Lays the files into an empty tree. */
  static DebianLibc into(Path tree) throws IOException {
    var work = Files.createTempDirectory("ringfence-libc-");
    try {
      var deb = download(work);
      var unpacked = work.resolve("unpacked");
      run(work, "dpkg-deb", "-x", deb.toString(), unpacked.toString());
      copyLibraries(unpacked, tree);
      for (var folder : List.of("etc", "proc", "sys", "dev", "tmp", "app", "opt")) {
        Files.createDirectories(tree.resolve(folder));
      }
      Files.setPosixFilePermissions(
          tree.resolve("tmp"), PosixFilePermissions.fromString("rwxrwxrwx"));
      for (var file :
          Map.of(
                  "passwd",
                  "root:x:0:0:root:/:/sbin/nologin\nringfence:x:2000:2000:ringfence:/:/sbin/nologin\n",
                  "group",
                  "root:x:0:\nringfence:x:2000:\n",
                  "nsswitch.conf",
                  "hosts: files dns\n")
              .entrySet()) {
        Files.writeString(tree.resolve("etc").resolve(file.getKey()), file.getValue());
      }
      return new DebianLibc(
          run(work, "dpkg-deb", "-f", deb.toString(), "Version").strip(), release());
    } finally {
      Folders.delete(work);
    }
  }

  private static Path download(Path work) throws IOException {
    // apt's own user writes here where root asks.
    Files.setPosixFilePermissions(work, PosixFilePermissions.fromString("rwxrwxrwx"));
    try {
      run(work, "apt-get", "download", "-qq", "libc6");
    } catch (ControlPlaneException first) {
      // A new machine knows no packages yet.
      run(work, "apt-get", "update", "-qq");
      run(work, "apt-get", "download", "-qq", "libc6");
    }
    try (var files = Files.list(work)) {
      return files
          .filter(file -> file.toString().endsWith(".deb"))
          .findFirst()
          .orElseThrow(() -> new ControlPlaneException("apt-get did not bring libc6"));
    }
  }

  private static void copyLibraries(Path unpacked, Path tree) throws IOException {
    List<Path> libraries;
    try (var walk = Files.walk(unpacked)) {
      libraries =
          walk.filter(path -> LIBRARY.matcher(path.getFileName().toString()).matches())
              .filter(path -> !path.toString().contains("gconv"))
              .toList();
    }
    for (var library : libraries) {
      var relative = unpacked.relativize(library).toString().replaceFirst("^usr/", "");
      var target = tree.resolve(relative);
      Files.createDirectories(target.resolveSibling(""));
      if (Files.isSymbolicLink(library)) {
        var to = Files.readSymbolicLink(library).toString().replaceFirst("^/usr/", "/");
        Files.createSymbolicLink(target, Path.of(to));
      } else {
        Files.copy(library, target);
        Files.setPosixFilePermissions(target, PosixFilePermissions.fromString("rwxr-xr-x"));
      }
    }
  }

  private static String release() throws IOException {
    return Files.readAllLines(Path.of("/etc/os-release")).stream()
        .filter(line -> line.startsWith("VERSION_ID="))
        .map(line -> "debian-" + line.substring("VERSION_ID=".length()).replace("\"", ""))
        .findFirst()
        .orElse("debian");
  }

  private static String run(Path folder, String... command) throws IOException {
    Process process;
    try {
      process =
          new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true).start();
    } catch (IOException e) {
      throw new ControlPlaneException(
          "Images need the C library of Debian's package libc6, and there is no %s here."
              .formatted(command[0]),
          e);
    }
    process.getOutputStream().close();
    var said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    try {
      if (process.waitFor() != 0) {
        throw new ControlPlaneException(
            "%s failed:%n%s".formatted(String.join(" ", command), said.strip()));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ControlPlaneException("interrupted while " + command[0] + " ran", e);
    }
    return said;
  }
}
