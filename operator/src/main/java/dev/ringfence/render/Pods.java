package dev.ringfence.render;

import dev.ringfence.rules.Quantity;
import dev.ringfence.rules.Workload;
import dev.ringfence.rules.Workload.AccessMode;
import dev.ringfence.rules.Workload.Storage;
import dev.ringfence.rules.Workload.Toleration;
import io.fabric8.kubernetes.api.model.Affinity;
import io.fabric8.kubernetes.api.model.AffinityBuilder;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.EnvVarBuilder;
import io.fabric8.kubernetes.api.model.LabelSelectorBuilder;
import io.fabric8.kubernetes.api.model.LocalObjectReference;
import io.fabric8.kubernetes.api.model.NodeSelectorRequirement;
import io.fabric8.kubernetes.api.model.NodeSelectorRequirementBuilder;
import io.fabric8.kubernetes.api.model.PodSecurityContext;
import io.fabric8.kubernetes.api.model.PodSecurityContextBuilder;
import io.fabric8.kubernetes.api.model.PodSpecBuilder;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import io.fabric8.kubernetes.api.model.ResourceRequirementsBuilder;
import io.fabric8.kubernetes.api.model.SecurityContext;
import io.fabric8.kubernetes.api.model.SecurityContextBuilder;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeBuilder;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.VolumeMountBuilder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What engines' pods and the fetch Job's have in common. */
final class Pods {
  /**
   * Labels and annotations by which meshes and agents are told to stay out of a pod: their
   * containers would see prompts and keys.
   */
  static final Map<String, String> STAY_OUT_LABELS =
      Map.of(
          "sidecar.istio.io/inject", "false",
          "istio.io/dataplane-mode", "none",
          "kuma.io/sidecar-injection", "disabled",
          "admission.datadoghq.com/enabled", "false");

  static final Map<String, String> STAY_OUT_ANNOTATIONS =
      Map.of(
          "sidecar.istio.io/inject", "false",
          "linkerd.io/inject", "disabled",
          "consul.hashicorp.com/connect-inject", "false",
          "vault.hashicorp.com/agent-inject", "false",
          "oneagent.dynatrace.com/inject", "false",
          "instrumentation.opentelemetry.io/inject-python", "false",
          "instrumentation.opentelemetry.io/inject-java", "false",
          "instrumentation.opentelemetry.io/inject-sdk", "false");

  /**
   * GPUs by these strategies isolate neither memory nor faults; the label is the GPU operator's.
   */
  private static final String SHARING = "nvidia.com/gpu.sharing-strategy";

  private Pods() {}

  /** A spec with everything that does not depend on what runs in the pod. */
  static PodSpecBuilder spec(Workload w) {
    PodSpecBuilder spec =
        new PodSpecBuilder()
            .withAutomountServiceAccountToken(false)
            .withEnableServiceLinks(false)
            .withSecurityContext(securityContext(w.platform().runAsUser()))
            .withImagePullSecrets(
                w.platform().imagePullSecrets().stream().map(LocalObjectReference::new).toList())
            .withNodeSelector(w.scheduling().nodeSelector())
            .withAffinity(affinity(w))
            .withTolerations(w.scheduling().tolerations().stream().map(Pods::toleration).toList());
    w.scheduling().priorityClassName().ifPresent(spec::withPriorityClassName);
    return spec;
  }

  /** Group 0 is what vLLM's image expects of any uid; the volumes get the uid's own group. */
  private static PodSecurityContext securityContext(long uid) {
    return new PodSecurityContextBuilder()
        .withRunAsNonRoot(true)
        .withRunAsUser(uid)
        .withRunAsGroup(0L)
        .withFsGroup(uid)
        .withFsGroupChangePolicy("OnRootMismatch")
        .withNewSeccompProfile()
        .withType("RuntimeDefault")
        .endSeccompProfile()
        .build();
  }

  /** For every container, init containers included. */
  static SecurityContext container() {
    return new SecurityContextBuilder()
        .withAllowPrivilegeEscalation(false)
        .withReadOnlyRootFilesystem(true)
        .withNewCapabilities()
        .withDrop("ALL")
        .endCapabilities()
        .build();
  }

  private static Affinity affinity(Workload w) {
    List<NodeSelectorRequirement> node = new ArrayList<>();
    w.platform()
        .noSwapLabel()
        .ifPresent(l -> node.add(requirement(l.key(), "In", List.of(l.value()))));
    node.add(requirement(SHARING, "NotIn", List.of("time-slicing", "mps")));
    AffinityBuilder affinity =
        new AffinityBuilder()
            .withNewNodeAffinity()
            .withNewRequiredDuringSchedulingIgnoredDuringExecution()
            .addNewNodeSelectorTerm()
            .withMatchExpressions(node)
            .endNodeSelectorTerm()
            .endRequiredDuringSchedulingIgnoredDuringExecution()
            .endNodeAffinity();
    if (w.storage().map(Storage::accessMode).equals(Optional.of(AccessMode.ReadWriteOnce))) {
      // Such a volume is on one node at a time. Also with a single pod: the next may not differ
      // from it in a term, or adding a tenant would restart the others.
      affinity
          .withNewPodAffinity()
          .addNewRequiredDuringSchedulingIgnoredDuringExecution()
          .withLabelSelector(
              new LabelSelectorBuilder().withMatchLabels(Map.of(Names.WORKLOAD, w.name())).build())
          .withTopologyKey("kubernetes.io/hostname")
          .endRequiredDuringSchedulingIgnoredDuringExecution()
          .endPodAffinity();
    }
    return affinity.build();
  }

  private static NodeSelectorRequirement requirement(
      String key, String operator, List<String> values) {
    return new NodeSelectorRequirementBuilder()
        .withKey(key)
        .withOperator(operator)
        .withValues(values)
        .build();
  }

  private static io.fabric8.kubernetes.api.model.Toleration toleration(Toleration t) {
    return new io.fabric8.kubernetes.api.model.Toleration(
        t.effect().orElse(null),
        t.key(),
        t.operator().orElse(null),
        t.tolerationSeconds().orElse(null),
        t.value().orElse(null));
  }

  /**
   * Requests that equal the limits, so that the kernel gives a container no swap.
   *
   * @param more whole devices by resource name
   */
  static ResourceRequirements resources(
      Workload w, Quantity cpu, Quantity memory, Map<String, Integer> more) {
    Map<String, io.fabric8.kubernetes.api.model.Quantity> requests = new LinkedHashMap<>();
    requests.put("memory", bytes(memory));
    more.forEach(
        (name, n) ->
            requests.put(name, new io.fabric8.kubernetes.api.model.Quantity(Integer.toString(n))));
    Map<String, io.fabric8.kubernetes.api.model.Quantity> limits = new LinkedHashMap<>(requests);
    requests.put("cpu", new io.fabric8.kubernetes.api.model.Quantity(cpu.decimal()));
    if (w.platform().cpuLimits()) {
      limits.put("cpu", new io.fabric8.kubernetes.api.model.Quantity(cpu.decimal()));
    }
    return new ResourceRequirementsBuilder().withRequests(requests).withLimits(limits).build();
  }

  static io.fabric8.kubernetes.api.model.Quantity bytes(Quantity q) {
    return new io.fabric8.kubernetes.api.model.Quantity(q.binary());
  }

  static List<EnvVar> env(Map<String, String> variables) {
    return variables.entrySet().stream()
        .map(e -> new EnvVarBuilder().withName(e.getKey()).withValue(e.getValue()).build())
        .toList();
  }

  static Volume tmpfs(String name, Quantity size) {
    return new VolumeBuilder()
        .withName(name)
        .withNewEmptyDir()
        .withMedium("Memory")
        .withSizeLimit(bytes(size))
        .endEmptyDir()
        .build();
  }

  static VolumeMount mount(String volume, String path) {
    return new VolumeMountBuilder().withName(volume).withMountPath(path).build();
  }

  static VolumeMount readOnly(String volume, String path) {
    return new VolumeMountBuilder().withName(volume).withMountPath(path).withReadOnly(true).build();
  }

  static VolumeMount readOnly(String volume, String path, Optional<String> subPath) {
    VolumeMountBuilder m = new VolumeMountBuilder(readOnly(volume, path));
    subPath.ifPresent(m::withSubPath);
    return m.build();
  }
}
