package dev.ringfence.e2e.cluster;

import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** A cluster that is there already; nothing is loaded into it, and nobody gets onto its nodes. */
record ExistingTestCluster(KubernetesClient client, Path kubeconfig, Path kubectl)
    implements TestCluster {

  static ExistingTestCluster open() {
    var said = System.getenv().getOrDefault("KUBECONFIG", "");
    if (said.isBlank() || !Files.isReadable(Path.of(said))) {
      throw new ControlPlaneException(
          "-Dcluster=existing: KUBECONFIG has to name a kubeconfig file");
    }
    var kubectl =
        Binaries.resolve(List.of(Program.KUBECTL), System.getenv(), System.err::println)
            .of(Program.KUBECTL);
    try {
      var config = Config.fromKubeconfig(Files.readString(Path.of(said)));
      return new ExistingTestCluster(
          new KubernetesClientBuilder().withConfig(config).build(), Path.of(said), kubectl);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + said, e);
    }
  }

  @Override
  public Set<Need> offers() {
    var offers = EnumSet.of(Need.RUNNING_PODS);
    if (client.nodes().list().getItems().stream()
        .map(node -> node.getStatus().getAllocatable().get("nvidia.com/gpu"))
        .anyMatch(gpus -> gpus != null && gpus.compareTo(new Quantity("0")) > 0)) {
      offers.add(Need.GPUS);
    }
    if (client.storage().v1().storageClasses().list().getItems().stream()
        .anyMatch(storage -> !storage.getProvisioner().endsWith("/no-provisioner"))) {
      offers.add(Need.DYNAMIC_VOLUMES);
    }
    if (Integer.parseInt(client.getKubernetesVersion().getMinor().replaceAll("\\D.*", "")) >= 35) {
      offers.add(Need.IMAGE_VOLUMES);
    }
    return offers;
  }

  @Override
  public List<String> workers() {
    return client.nodes().list().getItems().stream()
        .filter(
            node ->
                node.getSpec().getTaints().stream()
                    .noneMatch(taint -> taint.getEffect().equals("NoSchedule")))
        .map(node -> node.getMetadata().getName())
        .toList();
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
    // Its operators have them.
  }

  @Override
  public void close() {
    client.close();
  }
}
