package dev.ringfence.e2e.cluster;

import io.fabric8.kubernetes.client.KubernetesClient;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/**
 * The cluster that a suite runs on, chosen by {@code -Dcluster=}: {@code local}, the control plane
 * of processes with simulated nodes; {@code kind}, a Kind cluster made for the run; {@code
 * existing}, the one of the kubeconfig in {@code KUBECONFIG}.
 */
public interface TestCluster extends AutoCloseable {

  /** A client of the cluster's administrator; shared, not to be closed. */
  KubernetesClient client();

  /** The administrator's kubeconfig file. */
  Path kubeconfig();

  /** A kubectl executable. */
  Path kubectl();

  /** What this cluster can do. */
  Set<Need> offers();

  /** The names of the nodes that take workloads. */
  List<String> workers();

  /** Loads the images of an archive into every node; needs {@link Need#IMAGE_ARCHIVES}. */
  void load(Path archive);

  /**
   * Runs a command as root on a node; needs {@link Need#NODES}.
   *
   * @return what it printed, on both streams
   * @throws ControlPlaneException when it fails
   */
  String onNode(String node, String... command);

  /** Restarts a node without warning; Ready again on return. Needs {@link Need#NODES}. */
  void restart(String node);

  /** Writes what the cluster's own programs said to a folder. */
  void exportLogs(Path folder);

  @Override
  void close();
}
