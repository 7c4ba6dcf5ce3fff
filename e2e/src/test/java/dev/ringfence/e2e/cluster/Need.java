package dev.ringfence.e2e.cluster;

/** What a suite needs of its cluster; where it is missing, the suite is skipped with the reason. */
public enum Need {
  /** Containers run in the pods: logs, exec, networking, real probes. */
  RUNNING_PODS("pods are simulated here"),
  /**
   * Nodes with {@code nvidia.com/gpu} in whole numbers; whether devices stand behind them or not.
   */
  GPUS("no node has an nvidia.com/gpu"),
  /** Volumes made of OCI images. */
  IMAGE_VOLUMES("the nodes mount no image volumes"),
  /** A StorageClass that makes volumes when they are claimed. */
  DYNAMIC_VOLUMES("nothing makes volumes for claims"),
  /** Commands as root on the nodes, their restart, files in their file system. */
  NODES("there is no way onto the nodes"),
  /** Images from archives on this machine. */
  IMAGE_ARCHIVES("there is no way to load images into the nodes");

  final String missing;

  Need(String missing) {
    this.missing = missing;
  }
}
