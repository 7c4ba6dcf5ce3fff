package dev.ringfence.e2e.cluster;

import dev.ringfence.e2e.kind.KindCluster;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** A Kind cluster made for the run. */
record KindTestCluster(KindCluster cluster, int nodes) implements TestCluster {

  @Override
  public KubernetesClient client() {
    return cluster.client();
  }

  @Override
  public Path kubeconfig() {
    return cluster.kubeconfig();
  }

  @Override
  public Path kubectl() {
    return cluster.kubectl();
  }

  @Override
  public Set<Need> offers() {
    return EnumSet.complementOf(EnumSet.of(Need.DYNAMIC_VOLUMES));
  }

  @Override
  public List<String> workers() {
    return cluster.workers();
  }

  @Override
  public void load(Path archive) {
    cluster.load(archive);
  }

  @Override
  public String onNode(String node, String... command) {
    return cluster.onNode(node, command);
  }

  @Override
  public void restart(String node) {
    cluster.restart(node);
  }

  @Override
  public void exportLogs(Path folder) {
    cluster.exportLogs(folder);
  }

  @Override
  public void close() {
    cluster.close();
  }
}
