package dev.ringfence.e2e.cluster;

import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * What a control plane is made of.
 *
 * @param nvidiaNodes simulated nodes {@code gpu-0}, {@code gpu-1}, … with eight {@code
 *     nvidia.com/gpu} each; at most 500
 * @param amdNodes simulated nodes {@code amd-0}, … with eight {@code amd.com/gpu} each; at most 500
 * @param controllers whether Kubernetes' controllers, its scheduler and the simulation run; without
 *     them there is only an API server, which starts faster and changes nothing by itself
 * @param podStart how long a simulated pod takes from its node to ready; what replaces it then
 *     overlaps with it as on a real node
 * @param podAddresses where simulated pods get their addresses from, {@code <first>/<bits>}; see
 *     {@link #NOWHERE} and {@link #withPodAddresses}
 * @param featureGates Kubernetes feature gates, for every program
 * @param apiServerFlags further flags of kube-apiserver, {@code --name=value}; a flag given here
 *     beside one of ours counts for the later
 * @param stages further KWOK stages, each a YAML document; they come beside those in {@code
 *     stages.yaml}
 */
public record ControlPlaneOptions(
    int nvidiaNodes,
    int amdNodes,
    boolean controllers,
    Duration podStart,
    String podAddresses,
    Map<String, Boolean> featureGates,
    List<String> apiServerFlags,
    List<String> stages) {

  /**
   * Multicast addresses of local scope (RFC 2365): no connection to one ever leaves the machine or
   * hangs, it fails at once, and EndpointSlices take them.
   */
  public static final String NOWHERE = "239.128.0.1/16";

  /** Four NVIDIA nodes, one AMD node, all controllers, pods that are ready at once. */
  public static final ControlPlaneOptions DEFAULTS =
      new ControlPlaneOptions(4, 1, true, Duration.ZERO, NOWHERE, Map.of(), List.of(), List.of());

  public ControlPlaneOptions {
    if (nvidiaNodes < 0 || nvidiaNodes > 500 || amdNodes < 0 || amdNodes > 500) {
      throw new IllegalArgumentException("0 to 500 nodes of each kind");
    }
    if (podStart.isNegative()) {
      throw new IllegalArgumentException("podStart is negative");
    }
    featureGates = Map.copyOf(featureGates);
    apiServerFlags = List.copyOf(apiServerFlags);
    stages = List.copyOf(stages);
  }

  public ControlPlaneOptions withNodes(int nvidia, int amd) {
    return new ControlPlaneOptions(
        nvidia, amd, controllers, podStart, podAddresses, featureGates, apiServerFlags, stages);
  }

  /** Only etcd and the API server. */
  public ControlPlaneOptions withoutControllers() {
    return new ControlPlaneOptions(
        0, 0, false, podStart, podAddresses, featureGates, apiServerFlags, stages);
  }

  public ControlPlaneOptions withPodStart(Duration delay) {
    return new ControlPlaneOptions(
        nvidiaNodes,
        amdNodes,
        controllers,
        delay,
        podAddresses,
        featureGates,
        apiServerFlags,
        stages);
  }

  /**
   * For instance {@code 127.64.0.1/16}: then a test can listen at a simulated pod's own address,
   * and whoever connects to the pod reaches it. EndpointSlices refuse loopback addresses, so
   * Services have no endpoints then.
   */
  public ControlPlaneOptions withPodAddresses(String addresses) {
    return new ControlPlaneOptions(
        nvidiaNodes,
        amdNodes,
        controllers,
        podStart,
        addresses,
        featureGates,
        apiServerFlags,
        stages);
  }

  public ControlPlaneOptions withFeatureGates(Map<String, Boolean> gates) {
    return new ControlPlaneOptions(
        nvidiaNodes, amdNodes, controllers, podStart, podAddresses, gates, apiServerFlags, stages);
  }

  public ControlPlaneOptions withApiServerFlags(String... flags) {
    return new ControlPlaneOptions(
        nvidiaNodes,
        amdNodes,
        controllers,
        podStart,
        podAddresses,
        featureGates,
        List.of(flags),
        stages);
  }

  public ControlPlaneOptions withStages(String... yaml) {
    return new ControlPlaneOptions(
        nvidiaNodes,
        amdNodes,
        controllers,
        podStart,
        podAddresses,
        featureGates,
        apiServerFlags,
        List.of(yaml));
  }
}
