package dev.ringfence.render;

import dev.ringfence.vllm.Knowledge;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What rendering needs beside the workload.
 *
 * @param owner who the objects belong to
 * @param guardImage the guard's image, pinned by digest
 * @param operator from where guards' admin ports are read
 * @param apiServer the address that must not be reachable from serving pods, {@code HOST:PORT}
 * @param imageVolumes whether the API server knows image volumes; without them it would silently
 *     make an empty folder of one, so engines of such models stay at zero
 * @param fetched whether the fetch Job of this model has succeeded; until then engines stay at zero
 *     and take no GPU. Does not matter for a model that is not fetched
 * @param knowledge the argument tables of vLLM's releases, those of the policy included
 */
public record RenderContext(
    Owner owner,
    String guardImage,
    OperatorPods operator,
    String apiServer,
    boolean imageVolumes,
    boolean fetched,
    Knowledge knowledge) {

  /** Who rendered objects belong to. */
  public sealed interface Owner {
    /**
     * A VLLMDeployment on the cluster: its controller reference is on every object.
     *
     * @param apiVersion such as {@code ringfence.dev/v1alpha1}
     */
    record Cluster(String apiVersion, String kind, String name, String uid) implements Owner {}

    /**
     * Nobody: the objects are for reading. They carry {@link Names#RENDERED}, which the pod policy
     * refuses, or somebody would apply them and run engines that nobody governs.
     */
    record Offline() implements Owner {}
  }

  /** The operator's own pods, as a NetworkPolicy names them. */
  public record OperatorPods(String namespace, SortedMap<String, String> labels) {
    public OperatorPods(String namespace, Map<String, String> labels) {
      this(namespace, (SortedMap<String, String>) new TreeMap<>(labels));
    }
  }

  /**
   * For {@code ringfence render}: no owner, every model taken as present. The operator is taken to
   * be where the install manifests put it.
   *
   * @param guardImage as in {@link #guardImage()}
   */
  public static RenderContext offline(String guardImage, Knowledge knowledge) {
    return new RenderContext(
        new Owner.Offline(),
        guardImage,
        new OperatorPods(
            "ringfence-system", Map.of(Names.NAME, "ringfence", Names.COMPONENT, "operator")),
        "kubernetes.default.svc:443",
        true,
        true,
        knowledge);
  }
}
