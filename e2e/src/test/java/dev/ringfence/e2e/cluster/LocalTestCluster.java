package dev.ringfence.e2e.cluster;

import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** The control plane of processes, with simulated nodes. */
record LocalTestCluster(LocalControlPlane controlPlane) implements TestCluster {
  static final ControlPlaneOptions OPTIONS = ControlPlaneOptions.DEFAULTS.withNodes(32, 2);

  @Override
  public KubernetesClient client() {
    return controlPlane.client();
  }

  @Override
  public Path kubeconfig() {
    return controlPlane.kubeconfig();
  }

  @Override
  public Path kubectl() {
    return controlPlane.kubectl();
  }

  @Override
  public Set<Need> offers() {
    return EnumSet.of(Need.GPUS, Need.DYNAMIC_VOLUMES);
  }

  @Override
  public List<String> workers() {
    return client().nodes().list().getItems().stream().map(n -> n.getMetadata().getName()).toList();
  }

  @Override
  public void load(Path archive) {
    throw new UnsupportedOperationException(Need.IMAGE_ARCHIVES.missing);
  }

  @Override
  public String onNode(String node, String... command) {
    throw new UnsupportedOperationException(Need.NODES.missing);
  }

  @Override
  public void restart(String node) {
    throw new UnsupportedOperationException(Need.NODES.missing);
  }

  @Override
  public void exportLogs(Path folder) {
    try (var logs = Files.list(controlPlane.logs())) {
      for (var log : logs.toList()) {
        Files.copy(log, folder.resolve(log.getFileName()));
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot copy the control plane's logs", e);
    }
  }

  @Override
  public void close() {
    controlPlane.close();
  }
}
