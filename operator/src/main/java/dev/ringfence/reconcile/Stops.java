package dev.ringfence.reconcile;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ringfence.resources.RawWorkload;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import java.util.Objects;

/** Scales engines to zero without rendering anything. */
final class Stops {
  private Stops() {}

  /** All of a workload's. */
  static void zero(RawWorkload workload, World world, Api api) {
    world.of(Deployment.class, ResourceID.fromResource(workload)).stream()
        .filter(deployment -> Children.isOurs(workload, deployment))
        .forEach(deployment -> zero(deployment, api));
  }

  /**
   * @return whether it was not at zero already
   */
  static boolean zero(Deployment deployment, Api api) {
    if (deployment.isMarkedForDeletion() || Objects.equals(deployment.getSpec().getReplicas(), 0)) {
      return false;
    }
    ObjectNode body = api.tree(deployment);
    ((ObjectNode) body.path("spec")).put("replicas", 0);
    ((ObjectNode) body.path("metadata")).remove("managedFields");
    api.replace(deployment, body);
    return true;
  }
}
