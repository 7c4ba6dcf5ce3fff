package dev.ringfence.e2e.cluster;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.storage.StorageClass;
import io.fabric8.kubernetes.api.model.storage.StorageClassBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/** What is simulated: nodes with GPUs, the life of pods on them, and storage. See stages.yaml. */
public final class Simulation {
  /** On a pod: ready, never-ready, pending, crash or fail. May change while the pod is there. */
  public static final String POD_ANNOTATION = "simulation.ringfence.dev/pod";

  /** On a pod that crashes or fails: the exit code of its containers. */
  public static final String EXIT_CODE_ANNOTATION = "simulation.ringfence.dev/exit-code";

  /** The label by which a node vouches that it has no swap (DESIGN §3.3, nodes.noSwapLabel). */
  public static final String NO_SWAP_LABEL = "ringfence.dev.node-restriction.kubernetes.io/no-swap";

  /** How a pod behaves: its annotation, else a part of an image's path, else ready. */
  private static final String BEHAVIOUR =
      """
      .metadata.annotations["%s"] // ([.spec.containers[].image | \
      capture("/simulate-(?<b>never-ready|pending|crash|fail)/").b] | first) // "ready"\
      """
          .formatted(POD_ANNOTATION);

  private static final String INIT =
      """
            {{ if .spec.initContainers }}
            initContainerStatuses:
            {{ range .spec.initContainers }}
            - name: {{ .name | Quote }}
              image: {{ .image | Quote }}
              imageID: {{ .image | Quote }}
              ready: true
              restartCount: 0
              {{ if eq .restartPolicy "Always" }}
              started: true
              state:
                running: {startedAt: {{ $now | Quote }}}
              {{ else }}
              started: false
              state:
                terminated: {exitCode: 0, reason: Completed, startedAt: {{ $now | Quote }}, finishedAt: {{ $now | Quote }}}
              {{ end }}
            {{ end }}
            {{ end }}
      """;

  private static final String ADDRESSES =
      """
            {{ if not .status.podIP }}
            {{ $hostIPs := NodeIPsWith .spec.nodeName }}
            {{ with $hostIPs }}
            hostIP: {{ index . 0 | Quote }}
            hostIPs:
            {{ range . }}
            - ip: {{ . | Quote }}
            {{ end }}
            {{ end }}
            {{ $podIPs := PodIPsWith .spec.nodeName ( or .spec.hostNetwork false ) ( or .metadata.uid "" ) ( or .metadata.name "" ) ( or .metadata.namespace "" ) }}
            {{ with $podIPs }}
            podIP: {{ index . 0 | Quote }}
            podIPs:
            {{ range . }}
            - ip: {{ . | Quote }}
            {{ end }}
            {{ end }}
            {{ end }}
      """;

  private Simulation() {}

  /**
   * A simulated node: 128 CPUs, 1 TiB of memory, 250 pods, vouched for as swap-free. Create it and
   * it becomes Ready.
   *
   * @param gpuResource such as {@code nvidia.com/gpu}
   */
  public static Node node(String name, String gpuResource, int gpus) {
    Map<String, Quantity> resources = new LinkedHashMap<>();
    resources.put("cpu", new Quantity("128"));
    resources.put("memory", new Quantity("1Ti"));
    resources.put("ephemeral-storage", new Quantity("4Ti"));
    resources.put("pods", new Quantity("250"));
    resources.put(gpuResource, new Quantity(Integer.toString(gpus)));
    return new NodeBuilder()
        .withNewMetadata()
        .withName(name)
        .addToLabels("kubernetes.io/hostname", name)
        .addToLabels("kubernetes.io/os", "linux")
        .addToLabels("kubernetes.io/arch", "amd64")
        .addToLabels(NO_SWAP_LABEL, "true")
        .endMetadata()
        .withNewStatus()
        .withCapacity(resources)
        .withAllocatable(resources)
        .endStatus()
        .build();
  }

  /** The default StorageClass; claims bind when a pod that uses them has got a node. */
  static StorageClass storageClass() {
    return new StorageClassBuilder()
        .withNewMetadata()
        .withName("standard")
        .addToAnnotations("storageclass.kubernetes.io/is-default-class", "true")
        .endMetadata()
        .withProvisioner("simulation.ringfence.dev/volumes")
        .withReclaimPolicy("Delete")
        .withAllowVolumeExpansion(true)
        .withVolumeBindingMode("WaitForFirstConsumer")
        .build();
  }

  /** The configuration of KWOK. */
  static String stages(ControlPlaneOptions options) {
    var text = new StringBuilder(resource("stages.yaml"));
    for (var stage : options.stages()) {
      text.append("---\n").append(stage.stripTrailing()).append('\n');
    }
    return text.toString()
        .replace("\nINIT\n", "\n" + INIT)
        .replace("\nADDRESSES\n", "\n" + ADDRESSES)
        .replace("key: BEHAVIOUR", "key: '" + BEHAVIOUR + "'")
        .replace("Milliseconds: DELAY", "Milliseconds: " + options.podStart().toMillis());
  }

  static String resource(String name) {
    try (var in = Objects.requireNonNull(Simulation.class.getResourceAsStream(name), name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
