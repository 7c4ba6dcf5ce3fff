package dev.ringfence.e2e.demo;

import dev.ringfence.e2e.cluster.ControlPlaneException;
import dev.ringfence.e2e.cluster.StandingControlPlane;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The real kubectl against the standing control plane. */
final class Kubectl {
  private static final int PATIENCE_SECONDS = 60;

  /** What a call printed, on both streams in their order, and how it ended. */
  record Answer(int exitCode, String text) {
    boolean ok() {
      return exitCode == 0;
    }
  }

  private final Path executable;
  private final Path kubeconfig;

  Kubectl(StandingControlPlane controlPlane) {
    this.executable = controlPlane.kubectl();
    this.kubeconfig = controlPlane.kubeconfig();
  }

  /**
   * @param folder where relative file names of the arguments are found
   */
  Answer run(Path folder, String... arguments) {
    List<String> command = new ArrayList<>(List.of(executable.toString()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder =
        new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true);
    builder.environment().put("KUBECONFIG", kubeconfig.toString());
    try {
      Process process = builder.start();
      process.getOutputStream().close();
      String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new ControlPlaneException("kubectl did not end within " + PATIENCE_SECONDS + " s");
      }
      return new Answer(process.exitValue(), text.strip());
    } catch (IOException e) {
      throw new ControlPlaneException("cannot run kubectl", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ControlPlaneException("interrupted while kubectl ran", e);
    }
  }
}
