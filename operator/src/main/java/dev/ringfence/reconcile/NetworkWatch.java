package dev.ringfence.reconcile;

import dev.ringfence.events.Reason;
import dev.ringfence.render.Names;
import dev.ringfence.resources.RawWorkload;
import dev.ringfence.status.Findings.Problem;
import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.LabelSelectorRequirement;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.ReplicaSet;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What opens engines though our own policies are in place: NetworkPolicies add up, and labels are
 * anybody's who may make pods in the namespace. Only a dedicated namespace (rule 709) prevents it;
 * elsewhere it is at least said.
 */
final class NetworkWatch {
  private NetworkWatch() {}

  /**
   * @param ours keys of the workload's own objects
   */
  static Optional<Problem> fault(RawWorkload workload, World world, Set<String> ours) {
    ResourceID id = ResourceID.fromResource(workload);
    Set<Map<String, String>> engines =
        world.of(Deployment.class, id).stream()
            .filter(deployment -> Children.isOurs(workload, deployment))
            .map(deployment -> deployment.getSpec().getTemplate().getMetadata().getLabels())
            .collect(Collectors.toUnmodifiableSet());
    return foreignPolicy(workload, world, ours, engines).or(() -> foreignPod(workload, world, id));
  }

  private static Optional<Problem> foreignPolicy(
      RawWorkload workload, World world, Set<String> ours, Set<Map<String, String>> engines) {
    return world.in(NetworkPolicy.class, workload.getMetadata().getNamespace()).stream()
        .filter(
            policy -> !(ours.contains(Children.key(policy)) && Children.isOurs(workload, policy)))
        .filter(NetworkWatch::opens)
        .filter(
            policy ->
                engines.stream()
                    .anyMatch(labels -> selects(policy.getSpec().getPodSelector(), labels)))
        .map(policy -> policy.getMetadata().getName())
        .sorted()
        .findFirst()
        .map(
            name ->
                new Problem(
                    Reason.ForeignPolicy,
                    "VLLM-509 the NetworkPolicy "
                        + name
                        + " selects these pods too and lets more through; narrow its podSelector",
                    false));
  }

  private static boolean opens(NetworkPolicy policy) {
    return policy.getSpec() != null
        && (!policy.getSpec().getIngress().isEmpty() || !policy.getSpec().getEgress().isEmpty());
  }

  static boolean selects(LabelSelector selector, Map<String, String> labels) {
    return selector == null
        || (Objects.requireNonNullElse(selector.getMatchLabels(), Map.<String, String>of())
                .entrySet()
                .stream()
                .allMatch(e -> e.getValue().equals(labels.get(e.getKey())))
            && selector.getMatchExpressions().stream().allMatch(e -> matches(e, labels)));
  }

  private static boolean matches(LabelSelectorRequirement e, Map<String, String> labels) {
    String value = labels.get(e.getKey());
    return switch (e.getOperator()) {
      case "In" -> value != null && e.getValues().contains(value);
      case "NotIn" -> value == null || !e.getValues().contains(value);
      case "Exists" -> value != null;
      default -> value == null;
    };
  }

  /** A pod with the labels that a tenant's Service selects, made by somebody else. */
  private static Optional<Problem> foreignPod(RawWorkload workload, World world, ResourceID id) {
    Set<String> deployments =
        world.of(Deployment.class, id).stream()
            .filter(deployment -> Children.isOurs(workload, deployment))
            .map(deployment -> deployment.getMetadata().getUid())
            .collect(Collectors.toUnmodifiableSet());
    Set<String> replicaSets =
        world.of(ReplicaSet.class, id).stream()
            .filter(
                set ->
                    set.getMetadata().getOwnerReferences().stream()
                        .anyMatch(o -> deployments.contains(o.getUid())))
            .map(set -> set.getMetadata().getUid())
            .collect(Collectors.toUnmodifiableSet());
    return world.of(Pod.class, id).stream()
        .filter(pod -> Names.ENGINE.equals(pod.getMetadata().getLabels().get(Names.COMPONENT)))
        .filter(pod -> !pod.isMarkedForDeletion())
        .filter(
            pod ->
                pod.getMetadata().getOwnerReferences().stream()
                    .noneMatch(o -> replicaSets.contains(o.getUid())))
        .map(pod -> pod.getMetadata().getName())
        .sorted()
        .findFirst()
        .map(
            name ->
                new Problem(
                    Reason.ForeignEndpoint,
                    "VLLM-509 the pod "
                        + name
                        + " has an engine's labels and is none, so it can get a tenant's requests and keys; delete it, and use"
                        + " a dedicated namespace",
                    false));
  }
}
