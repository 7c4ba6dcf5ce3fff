package dev.ringfence.reconcile;

import dev.ringfence.render.Names;
import dev.ringfence.render.Rendered;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentStatus;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import java.util.Objects;
import java.util.Optional;

/**
 * One tenant's engines as they are.
 *
 * @param deployment empty when there is none
 */
record Engine(Optional<Deployment> deployment) {

  /** As the informer has it. */
  static Engine of(World world, ResourceID workload, String tenant) {
    return new Engine(
        world.get(
            Deployment.class,
            new ResourceID(
                Names.tenant(workload.getName(), tenant), workload.getNamespace().orElse(null))));
  }

  int replicas() {
    return deployment.map(d -> Objects.requireNonNullElse(d.getSpec().getReplicas(), 1)).orElse(0);
  }

  private Optional<DeploymentStatus> status() {
    return deployment.flatMap(d -> Optional.ofNullable(d.getStatus()));
  }

  /** How many pods are ready, of whatever template. */
  int ready() {
    return status().map(s -> Objects.requireNonNullElse(s.getReadyReplicas(), 0)).orElse(0);
  }

  /** Whether every pod is of the present template, and ready. */
  boolean settled() {
    if (deployment.isEmpty() || status().isEmpty()) {
      return false;
    }
    DeploymentStatus status = status().get();
    long seen = Objects.requireNonNullElse(status.getObservedGeneration(), 0L);
    int updated = Objects.requireNonNullElse(status.getUpdatedReplicas(), 0);
    int all = Objects.requireNonNullElse(status.getReplicas(), 0);
    return seen >= deployment.get().getMetadata().getGeneration()
        && updated >= replicas()
        && all == updated
        && ready() >= replicas();
  }

  /** How many pods there are to be, when the rendering says this. */
  int wanted(Rendered.Replicas replicas) {
    return switch (replicas) {
      case Rendered.Replicas.Exactly exactly -> exactly.replicas();
      case Rendered.Replicas.Between between ->
          Math.clamp(replicas(), between.min(), between.max());
    };
  }
}
