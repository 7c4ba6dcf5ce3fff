package dev.ringfence.e2e.cluster;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Objects;
import java.util.regex.Pattern;

/** Builds one program from its pinned Go module, with the user's own Go tool chain. */
public final class GoBuild {
  private static final String WAY_OUT =
      "Install Go 1.26 or later (https://go.dev/dl), or set KUBEBUILDER_ASSETS to a folder with "
          + "etcd, kube-apiserver, kube-controller-manager, kube-scheduler, kubectl and kwok.";
  private static final Pattern VERSION = Pattern.compile("go1\\.(\\d+)");

  private GoBuild() {}

  /**
   * @param target where the executable goes; it appears there complete or not at all
   * @throws ControlPlaneException when Go is missing or too old, or the build fails
   */
  static void build(Program program, Path target) throws IOException {
    var source = Files.createTempDirectory("ringfence-go-");
    var part =
        target.resolveSibling("." + program.executable + "." + ProcessHandle.current().pid());
    try {
      unpack(program.module, source);
      requireGo(source);
      Files.createDirectories(target.toAbsolutePath().getParent());
      run(
          source,
          program.module.usesC(),
          "cannot build " + program.executable,
          "go",
          "build",
          "-mod=readonly",
          "-trimpath",
          "-buildvcs=false",
          "-tags",
          String.join(",", program.module.buildTags()),
          "-ldflags",
          program.module.linkerFlags(),
          "-o",
          part.toAbsolutePath().toString(),
          program.packagePath);
      Files.move(part, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(part);
      Folders.delete(source);
    }
  }

  /**
   * The folder of the module's source, in Go's own module cache; fetched where it is not there.
   *
   * @throws ControlPlaneException when Go is missing or too old, or the module cannot be had
   */
  public static Path source(Program.Module module) throws IOException {
    var folder = Files.createTempDirectory("ringfence-go-");
    try {
      unpack(module, folder);
      requireGo(folder);
      run(folder, false, "cannot fetch " + module.path, "go", "mod", "download", module.path);
      return Path.of(
          run(
                  folder,
                  false,
                  "cannot find " + module.path,
                  "go",
                  "list",
                  "-mod=readonly",
                  "-m",
                  "-f",
                  "{{.Dir}}",
                  module.path)
              .strip());
    } finally {
      Folders.delete(folder);
    }
  }

  private static void unpack(Program.Module module, Path folder) throws IOException {
    for (var name : module.files()) {
      var file = folder.resolve(name);
      Files.createDirectories(file.resolveSibling(""));
      try (var in = moduleFile(module, name)) {
        Files.copy(in, file);
      }
    }
  }

  /** One of the module's files, which the build puts beside this class. */
  static InputStream moduleFile(Program.Module module, String name) {
    var path = "local/" + module.folder + "/" + name;
    return Objects.requireNonNull(GoBuild.class.getResourceAsStream(path), path);
  }

  private static void requireGo(Path source) throws IOException {
    String version;
    try {
      version =
          run(
              source,
              false,
              "the Go tool chain does not work. " + WAY_OUT,
              "go",
              "env",
              "GOVERSION");
    } catch (IOException e) {
      throw new ControlPlaneException(
          "The Kubernetes programs are not built yet and Go was not found. " + WAY_OUT, e);
    }
    var matcher = VERSION.matcher(version);
    if (!matcher.find() || Integer.parseInt(matcher.group(1)) < 26) {
      throw new ControlPlaneException(
          "The Kubernetes programs are not built yet and Go is too old for them (%s). %s"
              .formatted(version.strip(), WAY_OUT));
    }
  }

  private static String run(Path folder, boolean usesC, String complaint, String... command)
      throws IOException {
    var output = Files.createTempFile("ringfence-go-", ".log");
    try {
      var builder =
          new ProcessBuilder(command)
              .directory(folder.toFile())
              .redirectErrorStream(true)
              .redirectOutput(output.toFile());
      builder.environment().put("CGO_ENABLED", usesC ? "1" : "0");
      builder.environment().put("GOWORK", "off");
      var process = builder.start();
      process.getOutputStream().close();
      int code;
      try {
        code = process.waitFor();
      } catch (InterruptedException e) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
        Thread.currentThread().interrupt();
        throw new ControlPlaneException("interrupted while waiting for " + command[0], e);
      }
      var text = Files.readString(output, StandardCharsets.UTF_8);
      if (code != 0) {
        throw new ControlPlaneException(
            "%s (exit code %d):%n%s".formatted(complaint, code, LogTail.of(text, 20)));
      }
      return text;
    } finally {
      Files.deleteIfExists(output);
    }
  }
}
