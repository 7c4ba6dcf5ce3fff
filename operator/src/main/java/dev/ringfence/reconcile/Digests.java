package dev.ringfence.reconcile;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ringfence.render.Names;
import dev.ringfence.render.Rendered;
import dev.ringfence.resources.RawWorkload;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** What a record remembers of engines: digests of what was rendered and of what came of it. */
final class Digests {
  private Digests() {}

  /** Of the pod template that is rendered for the tenant: another one restarts its engines. */
  static String template(Api api, Rendered.Tenant tenant) {
    return Trees.digest(api.tree(tenant.deployment()).path("spec").path("template"));
  }

  /** Of the Deployments as the API server has them, by tenant; their number of replicas aside. */
  static Map<String, String> deployments(World world, Api api, RawWorkload workload) {
    Map<String, String> digests = new TreeMap<>();
    world.of(Deployment.class, ResourceID.fromResource(workload)).stream()
        .filter(deployment -> Children.isOurs(workload, deployment))
        .forEach(
            deployment ->
                Optional.ofNullable(deployment.getMetadata().getLabels().get(Names.TENANT))
                    .ifPresent(tenant -> digests.put(tenant, deployment(api, deployment))));
    return digests;
  }

  static String deployment(Api api, Deployment deployment) {
    ObjectNode spec = (ObjectNode) api.tree(deployment).path("spec");
    spec.remove("replicas");
    return Trees.digest(spec);
  }
}
