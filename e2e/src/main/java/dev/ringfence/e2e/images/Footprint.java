package dev.ringfence.e2e.images;

import dev.ringfence.e2e.cluster.ControlPlaneException;
import dev.ringfence.e2e.cluster.ControlPlaneOptions;
import dev.ringfence.e2e.cluster.Folders;
import dev.ringfence.e2e.cluster.LocalControlPlane;
import dev.ringfence.e2e.cluster.LogTail;
import dev.ringfence.e2e.reconcile.Bench;
import dev.ringfence.e2e.reconcile.Samples;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Consumer;

/**
 * The operator as it is in its image: its files unpacked, in a root of their own, as the image's
 * user, against a real API server.
 *
 * @param start from exec to the line that says that it has started and watches, milliseconds
 * @param withoutCache the same without the class cache, milliseconds
 * @param idle resident, bytes, half a minute after the start on an empty cluster
 * @param workloads how many were made
 * @param loaded resident, bytes, with all of them accepted; empty when none were made
 */
public record Footprint(
    long start, long withoutCache, long idle, int workloads, OptionalLong loaded) {
  private static final long START_BUDGET = 1200;
  private static final long IDLE_BUDGET = 160_000_000;
  private static final long LOADED_BUDGET = 320_000_000;
  private static final String STARTED = "has started";
  private static final int PER_NAMESPACE = 50;

  /** One line for each figure, with what is promised and the ratio of the two. */
  public List<String> lines() {
    var lines =
        new ArrayList<>(
            List.of(
                line("start to watching, ms", start, START_BUDGET),
                "  without the class cache, ms %18d                        (%.2f of that)"
                    .formatted(withoutCache, (double) start / withoutCache),
                line("resident, idle, MB", idle / 1_000_000, IDLE_BUDGET / 1_000_000)));
    loaded.ifPresent(
        bytes ->
            lines.add(
                line(
                    "resident, %d workloads, MB".formatted(workloads),
                    bytes / 1_000_000,
                    LOADED_BUDGET / 1_000_000)));
    return lines;
  }

  private static String line(String what, long measured, long promised) {
    return "%-28s %16d   promised %6d   %s %.2f"
        .formatted(
            what,
            measured,
            promised,
            measured <= promised ? "kept" : "BROKEN",
            (double) measured / promised);
  }

  public static Footprint measure(Path checkout, int workloads, Consumer<String> progress)
      throws IOException {
    if (!"root".equals(System.getProperty("user.name"))) {
      throw new ControlPlaneException("The operator's own root folder needs root (chroot).");
    }
    var work = Files.createTempDirectory("ringfence-footprint-");
    try (var plane =
            LocalControlPlane.start(ControlPlaneOptions.DEFAULTS.withNodes(200, 1), progress);
        var bench = new Bench(plane, Set.of())) {
      Files.setPosixFilePermissions(work, PosixFilePermissions.fromString("rwxr-xr-x"));
      var root = Files.createDirectory(work.resolve("root"));
      var image = Images.build(checkout, work, progress).getFirst();
      unpack(image, work.resolve("archive"), root);
      var kubeconfig = root.resolve("kubeconfig");
      Files.copy(plane.kubeconfig(), kubeconfig);
      Files.setPosixFilePermissions(kubeconfig, PosixFilePermissions.fromString("rw-r--r--"));

      // The first run brings the files into memory; the second is measured.
      run(root, work, List.of("-XX:AOTMode=on")).close();
      long withoutCache;
      try (var plain = run(root, work, List.of("-XX:AOTMode=off"))) {
        withoutCache = plain.started();
      }
      try (var operator = run(root, work, List.of("-XX:AOTMode=on"))) {
        Bench.pause(Duration.ofSeconds(30));
        long idle = operator.resident();
        var loaded = OptionalLong.empty();
        if (workloads > 0) {
          progress.accept("making %d workloads".formatted(workloads));
          make(plane, bench, workloads);
          Bench.pause(Duration.ofSeconds(30));
          loaded = OptionalLong.of(operator.resident());
        }
        return new Footprint(operator.started(), withoutCache, idle, workloads, loaded);
      }
    } finally {
      Folders.delete(work);
    }
  }

  private static void make(LocalControlPlane plane, Bench bench, int workloads) {
    bench.apply(Samples.policy());
    bench.apply(Samples.imageModel("footprint"));
    for (int i = 0; i < workloads; i++) {
      var namespace = "footprint-" + i / PER_NAMESPACE;
      if (i % PER_NAMESPACE == 0) {
        plane
            .client()
            .resource(
                new NamespaceBuilder()
                    .withNewMetadata()
                    .withName(namespace)
                    .withLabels(Map.of("pod-security.kubernetes.io/enforce", "restricted"))
                    .endMetadata()
                    .build())
            .serverSideApply();
      }
      bench.apply(Samples.workload(namespace, "w" + i, "footprint", "acme"));
    }
    Bench.until(
        "every workload has its Deployment",
        Duration.ofMinutes(30),
        () ->
            plane
                    .client()
                    .apps()
                    .deployments()
                    .inAnyNamespace()
                    .withLabel("ringfence.dev/workload")
                    .list()
                    .getItems()
                    .size()
                >= workloads);
  }

  /** An operator that runs. */
  private record Running(Process process, Path log, long started) implements AutoCloseable {
    long resident() throws IOException {
      for (var line : Files.readAllLines(Path.of("/proc", pid(), "status"))) {
        if (line.startsWith("VmRSS:")) {
          return Long.parseLong(line.replaceAll("\\D", "")) * 1024;
        }
      }
      throw new ControlPlaneException("the operator ended:\n" + LogTail.of(log, 10));
    }

    private String pid() {
      return String.valueOf(process.pid());
    }

    @Override
    public void close() {
      process.destroyForcibly();
      try {
        process.waitFor();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static Running run(Path root, Path work, List<String> options) throws IOException {
    var entrypoint = ProgramImage.entrypoint(Program.OPERATOR);
    // The program finds its libraries by /proc, as it has it in a container.
    var command =
        new ArrayList<>(
            List.of(
                "unshare",
                "--mount",
                "sh",
                "-c",
                "mount -t proc proc \"$0/proc\" && exec chroot --userspec="
                    + Program.OPERATOR.user
                    + " \"$0\" \"$@\"",
                root.toString()));
    command.add(entrypoint.getFirst());
    command.addAll(options);
    command.addAll(entrypoint.subList(1, entrypoint.size()));
    command.addAll(
        List.of(
            "operator",
            "--kubeconfig",
            "/kubeconfig",
            "--guard-image",
            Samples.GUARD_IMAGE,
            "--listen",
            "127.0.0.1:0",
            "--no-leader-election",
            "--no-guard-state"));
    var log = Files.createTempFile(work, "operator", ".log");
    long before = System.nanoTime();
    var process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    process.getOutputStream().close();
    while (!Files.readString(log, StandardCharsets.UTF_8).contains(STARTED)) {
      if (!process.isAlive()) {
        throw new ControlPlaneException("the operator ended:\n" + LogTail.of(log, 10));
      }
      if (System.nanoTime() - before > Duration.ofMinutes(2).toNanos()) {
        process.destroyForcibly();
        throw new ControlPlaneException("the operator does not start:\n" + LogTail.of(log, 10));
      }
      Bench.pause(Duration.ofMillis(5));
    }
    return new Running(process, log, (System.nanoTime() - before) / 1_000_000);
  }

  private static void unpack(ImageArchive image, Path archive, Path root) throws IOException {
    Files.createDirectory(archive);
    tar(archive, image.file());
    for (var layer : image.layers()) {
      tar(root, archive.resolve("blobs/sha256").resolve(layer.digest()));
    }
  }

  private static void tar(Path into, Path file) throws IOException {
    var process =
        new ProcessBuilder("tar", "-x", "-p", "-C", into.toString(), "-f", file.toString())
            .inheritIO()
            .start();
    try {
      if (process.waitFor() != 0) {
        throw new ControlPlaneException("tar cannot read " + file);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ControlPlaneException("interrupted while an image was unpacked", e);
    }
  }
}
