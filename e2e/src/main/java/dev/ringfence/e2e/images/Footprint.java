package dev.ringfence.e2e.images;

import dev.ringfence.e2e.cluster.ControlPlaneException;
import dev.ringfence.e2e.cluster.ControlPlaneOptions;
import dev.ringfence.e2e.cluster.Folders;
import dev.ringfence.e2e.cluster.LocalControlPlane;
import dev.ringfence.e2e.cluster.LogTail;
import dev.ringfence.e2e.reconcile.Bench;
import dev.ringfence.e2e.reconcile.Samples;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.api.model.authentication.TokenRequestBuilder;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBindingBuilder;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Consumer;

/**
 * The operator as it is in its image: its files unpacked, in a root of their own, as the image's
 * user, against a real API server.
 *
 * @param start from exec to the line that says that it has started and watches, milliseconds, the
 *     median of five
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
  private static final long LIMIT = 512L * 1024 * 1024;
  private static final String STARTED = "has started";
  private static final int PER_NAMESPACE = 50;
  private static final int STARTS = 5;

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
      serviceAccount(plane, root.resolve("var/run/secrets/kubernetes.io/serviceaccount"));
      var server = URI.create(plane.client().getMasterUrl().toString());

      // The first run brings the files into memory.
      starts(root, server, work, "-XX:AOTMode=on", 1);
      long withoutCache = starts(root, server, work, "-XX:AOTMode=off", STARTS);
      long start = starts(root, server, work, "-XX:AOTMode=on", STARTS);
      try (var operator = run(root, server, work, List.of("-XX:AOTMode=on"))) {
        Bench.pause(Duration.ofSeconds(30));
        long idle = operator.resident();
        var loaded = OptionalLong.empty();
        if (workloads > 0) {
          progress.accept("making %d workloads".formatted(workloads));
          make(plane, bench, workloads);
          Bench.pause(Duration.ofSeconds(30));
          loaded = OptionalLong.of(operator.resident());
        }
        return new Footprint(start, withoutCache, idle, workloads, loaded);
      }
    } finally {
      Folders.delete(work);
    }
  }

  /** The median of some starts. */
  private static long starts(Path root, URI server, Path work, String option, int number)
      throws IOException {
    var times = new ArrayList<Long>();
    for (int i = 0; i < number; i++) {
      try (var operator = run(root, server, work, List.of(option))) {
        times.add(operator.started());
      }
    }
    return times.stream().sorted().toList().get(number / 2);
  }

  /** What a pod has, and the only way in which the operator's pod finds and asks the API server. */
  private static void serviceAccount(LocalControlPlane plane, Path folder) throws IOException {
    var client = plane.client();
    var account =
        client
            .resource(
                new ServiceAccountBuilder()
                    .withNewMetadata()
                    .withName("footprint")
                    .withNamespace("kube-system")
                    .endMetadata()
                    .build())
            .serverSideApply();
    client
        .resource(
            new ClusterRoleBindingBuilder()
                .withNewMetadata()
                .withName("footprint")
                .endMetadata()
                .withNewRoleRef("rbac.authorization.k8s.io", "ClusterRole", "cluster-admin")
                .addNewSubject("", "ServiceAccount", "footprint", "kube-system")
                .build())
        .serverSideApply();
    var token =
        client
            .serviceAccounts()
            .resource(account)
            .tokenRequest(new TokenRequestBuilder().withNewSpec().endSpec().build())
            .getStatus()
            .getToken();
    Files.createDirectories(folder);
    Files.writeString(folder.resolve("token"), token);
    Files.writeString(folder.resolve("namespace"), "ringfence-system");
    Files.writeString(
        folder.resolve("ca.crt"),
        new String(
            Base64.getDecoder().decode(client.getConfiguration().getCaCertData()),
            StandardCharsets.UTF_8));
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

  private static Running run(Path root, URI server, Path work, List<String> options)
      throws IOException {
    var entrypoint = ProgramImage.entrypoint(Program.OPERATOR);
    // As in a container: the program finds its libraries by /proc, and seeds its keys from /dev.
    Files.createDirectories(root.resolve("dev"));
    var command =
        new ArrayList<>(
            List.of(
                "unshare",
                "--mount",
                "sh",
                "-c",
                "mount -t proc proc \"$0/proc\" && mount --rbind /dev \"$0/dev\" && exec chroot --userspec="
                    + Program.OPERATOR.user
                    + " \"$0\" \"$@\"",
                root.toString()));
    command.add(entrypoint.getFirst());
    // The chart's limit, from which the virtual machine takes the bound of its heap.
    command.add("-XX:MaxRAM=" + LIMIT);
    command.addAll(options);
    command.addAll(entrypoint.subList(1, entrypoint.size()));
    command.addAll(
        List.of(
            "operator",
            "--guard-image",
            Samples.GUARD_IMAGE,
            "--listen",
            "127.0.0.1:0",
            "--webhook",
            "127.0.0.1:0",
            "--no-leader-election",
            "--no-guard-state"));
    var log = Files.createTempFile(work, "operator", ".log");
    long before = System.nanoTime();
    var builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
    builder.environment().remove("KUBECONFIG");
    builder.environment().putAll(Program.OPERATOR.environment);
    builder.environment().put("KUBERNETES_SERVICE_HOST", server.getHost());
    builder.environment().put("KUBERNETES_SERVICE_PORT", String.valueOf(server.getPort()));
    var process = builder.start();
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
