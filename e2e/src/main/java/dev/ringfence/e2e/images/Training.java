package dev.ringfence.e2e.images;

import dev.ringfence.e2e.cluster.ControlPlaneException;
import dev.ringfence.e2e.cluster.ControlPlaneOptions;
import dev.ringfence.e2e.cluster.LocalControlPlane;
import dev.ringfence.e2e.cluster.LogTail;
import dev.ringfence.e2e.reconcile.Bench;
import dev.ringfence.e2e.reconcile.Samples;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Makes the cache of loaded and linked classes from which a program starts fast: the program does
 * its common work once, as it lies in its image.
 */
final class Training {
  private static final int PATIENCE_SECONDS = 1200;

  private Training() {}

  /**
   * @param java of the image's own run time
   * @param jar where the image has it, with all beside it
   * @param cache the file that is made
   */
  static void run(Program program, Path java, Path jar, Path cache, Consumer<String> progress)
      throws IOException {
    var command = new ArrayList<>(List.of(java.toString()));
    command.addAll(program.options());
    command.addAll(List.of("-XX:AOTCacheOutput=" + cache, "-jar", jar.toString()));
    var log = Files.createTempFile("ringfence-training-", ".log");
    try {
      switch (program) {
        case GUARD -> {
          command.add("rehearse");
          end(start(command, log), log);
        }
        case OPERATOR -> operator(command, log, progress);
      }
      if (!Files.exists(cache)) {
        throw new ControlPlaneException(
            "the training of %s left no cache:%n%s".formatted(jar, LogTail.of(log, 20)));
      }
    } finally {
      Files.deleteIfExists(log);
    }
  }

  /** From its start to a workload that is Ready, on a real API server with simulated nodes. */
  private static void operator(List<String> command, Path log, Consumer<String> progress)
      throws IOException {
    try (var plane = LocalControlPlane.start(ControlPlaneOptions.DEFAULTS, progress);
        var bench = new Bench(plane, Set.of())) {
      command.addAll(
          List.of(
              "operator",
              "--kubeconfig",
              plane.kubeconfig().toString(),
              "--guard-image",
              Samples.GUARD_IMAGE,
              "--listen",
              "127.0.0.1:0",
              "--webhook",
              "127.0.0.1:0",
              "--no-guard-state"));
      var process = start(command, log);
      try {
        plane
            .client()
            .resource(
                new NamespaceBuilder()
                    .withNewMetadata()
                    .withName("training")
                    .withLabels(Map.of("pod-security.kubernetes.io/enforce", "restricted"))
                    .endMetadata()
                    .build())
            .create();
        bench.apply(Samples.policy());
        bench.apply(Samples.imageModel("training"));
        var workload = bench.apply(Samples.workload("training", "training", "training", "acme"));
        Bench.until(
            "the workload is Ready",
            Duration.ofMinutes(10),
            () -> !process.isAlive() || bench.condition(workload, "Ready").startsWith("True"));
        if (!process.isAlive()) {
          throw new ControlPlaneException(
              "the operator ended in training:%n%s".formatted(LogTail.of(log, 20)));
        }
      } catch (AssertionError e) {
        throw new ControlPlaneException(
            "the operator did not do its work in training:%n%s".formatted(LogTail.of(log, 20)), e);
      } finally {
        process.destroy();
      }
      end(process, log);
    }
  }

  private static Process start(List<String> command, Path log) throws IOException {
    var process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    process.getOutputStream().close();
    return process;
  }

  private static void end(Process process, Path log) {
    try {
      if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new ControlPlaneException(
            "the training did not end in %d s:%n%s"
                .formatted(PATIENCE_SECONDS, LogTail.of(log, 20)));
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      throw new ControlPlaneException("interrupted during a training", e);
    }
  }
}
