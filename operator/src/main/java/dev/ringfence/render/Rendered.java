package dev.ringfence.render;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A workload's objects.
 *
 * @param fetch present exactly when the model is fetched from a hub
 * @param tenants in the specification's order
 */
public record Rendered(Optional<Fetch> fetch, List<Tenant> tenants) {

  /**
   * What brings a model from a hub onto the workload's claim. A Job's template cannot be changed:
   * for another list of files it is another Job, of another name.
   *
   * @param model the TrustedModel document that the Job reads
   */
  public record Fetch(
      ConfigMap model, PersistentVolumeClaim claim, NetworkPolicy networkPolicy, Job job) {
    /** In the order in which they are applied. */
    public List<HasMetadata> objects() {
      return List.of(model, claim, networkPolicy, job);
    }
  }

  /**
   * What serves one tenant.
   *
   * @param tenant its name
   * @param policy the ConfigMap with {@code guard.json}
   * @param budget present when there can be more than one pod
   * @param replicas how many pods there are to be; the Deployment says the same
   * @param url where clients inside the cluster connect
   * @param contract the digest of the guard's contract, as its {@code /state} must show it
   * @param limits the digest of the guard's limits, likewise
   */
  public record Tenant(
      String tenant,
      ServiceAccount serviceAccount,
      ConfigMap policy,
      NetworkPolicy networkPolicy,
      Service service,
      Optional<PodDisruptionBudget> budget,
      Deployment deployment,
      Replicas replicas,
      String url,
      String contract,
      String limits) {
    /** In the order in which they are applied: nothing runs before its network is closed. */
    public List<HasMetadata> objects() {
      List<HasMetadata> objects =
          new ArrayList<>(List.of(serviceAccount, policy, networkPolicy, service));
      budget.ifPresent(objects::add);
      objects.add(deployment);
      return objects;
    }
  }

  /** How many pods a tenant is to have now. */
  public sealed interface Replicas {
    /** Exactly so many: the Deployment says so. 0 for what is parked, suspended or not fetched. */
    record Exactly(int replicas) implements Replicas {}

    /** Any number between, both included: an autoscaler's, so the Deployment says nothing. */
    record Between(int min, int max) implements Replicas {}
  }

  /** All objects in the order in which they are applied. */
  public List<HasMetadata> objects() {
    List<HasMetadata> objects = new ArrayList<>();
    fetch.ifPresent(f -> objects.addAll(f.objects()));
    tenants.forEach(t -> objects.addAll(t.objects()));
    return objects;
  }
}
