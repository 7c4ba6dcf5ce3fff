package dev.ringfence.e2e.admission;

import dev.ringfence.e2e.cluster.LocalControlPlane;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The real kubectl, as one user. */
record Kubectl(Path executable, Path kubeconfig, Path folder) {
  /** What it printed on both streams, and how it ended. */
  record Answer(int code, String text) {}

  static Kubectl admin(LocalControlPlane plane, Path folder) {
    return new Kubectl(plane.kubectl(), plane.kubeconfig(), folder);
  }

  Kubectl as(Path otherKubeconfig) {
    return new Kubectl(executable, otherKubeconfig, folder);
  }

  /**
   * Runs in the folder, so that messages hold relative file names; one that waits for ever is
   * ended.
   */
  Answer run(String... arguments) {
    List<String> command = new ArrayList<>(List.of(executable.toString()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder =
        new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true);
    builder.environment().put("KUBECONFIG", kubeconfig.toString());
    builder.environment().put("LC_ALL", "C.UTF-8");
    try {
      Process process = builder.start();
      process.getOutputStream().close();
      Thread end =
          Thread.ofVirtual()
              .start(
                  () -> {
                    try {
                      if (!process.waitFor(60, TimeUnit.SECONDS)) {
                        process.destroyForcibly();
                      }
                    } catch (InterruptedException e) {
                      Thread.currentThread().interrupt();
                    }
                  });
      String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      int code = process.waitFor();
      end.interrupt();
      return new Answer(code, text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
