package dev.ringfence.reconcile;

import dev.ringfence.events.EventRecorder;
import dev.ringfence.events.EventRecorder.Severity;
import dev.ringfence.events.Reason;
import dev.ringfence.resources.RawWorkload;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.ControllerConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.Reconciler;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Scales engines to zero whose workload is gone: {@code kubectl delete --cascade=orphan} leaves
 * Deployments that no policy and no revocation reaches any more. What is not an engine runs
 * nothing, and is left to whoever orphaned it.
 */
@ControllerConfiguration(name = "orphans")
public final class Orphans implements Reconciler<Deployment> {
  private static final Logger LOG = LoggerFactory.getLogger(Orphans.class);
  private static final Duration MOMENT = Duration.ofMillis(200);
  private static final Duration SECOND = Duration.ofSeconds(1);

  private final KubernetesClient client;
  private final Api api;
  private final EventRecorder events;

  public Orphans(KubernetesClient client, EventRecorder events) {
    this.client = client;
    this.api = new Api(client);
    this.events = events;
  }

  /** Whether an update may have made an orphan: generations say nothing of owner references. */
  public static boolean concerns(Deployment after, Deployment before) {
    return !after
            .getMetadata()
            .getOwnerReferences()
            .equals(before.getMetadata().getOwnerReferences())
        || !after.getMetadata().getGeneration().equals(before.getMetadata().getGeneration());
  }

  @Override
  public UpdateControl<Deployment> reconcile(Deployment deployment, Context<Deployment> context) {
    if (deployment.isMarkedForDeletion()
        || deployment.getMetadata().getAnnotations().get(Children.OWNER) == null
        || deployment.getSpec().getReplicas() == null
        || deployment.getSpec().getReplicas() == 0) {
      return UpdateControl.noUpdate();
    }
    switch (owner(deployment)) {
      case THERE -> {
        return UpdateControl.noUpdate();
      }
      case GOING -> {
        // The collector removes references before the owner goes, and nothing of ours changes when
        // it does.
        return UpdateControl.<Deployment>noUpdate().rescheduleAfter(SECOND);
      }
      case GONE -> {}
    }
    try {
      if (Stops.zero(deployment, api)) {
        LOG.warn("{} is an engine without a workload, scaled to zero", Children.name(deployment));
        events.record(
            deployment,
            Severity.Warning,
            Reason.Orphaned,
            "the VLLMDeployment that this engine belonged to is gone, so nobody governs it; delete it");
      }
    } catch (KubernetesClientException e) {
      if (e.getCode() == HttpURLConnection.HTTP_CONFLICT) {
        return UpdateControl.<Deployment>noUpdate().rescheduleAfter(MOMENT);
      }
      if (e.getCode() != HttpURLConnection.HTTP_NOT_FOUND) {
        throw e;
      }
    }
    return UpdateControl.noUpdate();
  }

  private enum Owner {
    THERE,
    GOING,
    GONE
  }

  /**
   * The workload that it says it belongs to: asked of the API server, since a stop is not to be a
   * mistake.
   */
  private Owner owner(Deployment deployment) {
    Optional<OwnerReference> reference =
        deployment.getMetadata().getOwnerReferences().stream()
            .filter(World::isWorkload)
            .findFirst();
    String name =
        reference
            .map(OwnerReference::getName)
            .orElseGet(() -> deployment.getMetadata().getLabels().get(World.WORKLOAD));
    String uid =
        reference
            .map(OwnerReference::getUid)
            .orElseGet(() -> deployment.getMetadata().getAnnotations().get(Children.OWNER));
    if (name == null) {
      return Owner.GONE;
    }
    RawWorkload asked = new RawWorkload();
    asked.setMetadata(
        new ObjectMetaBuilder()
            .withName(name)
            .withNamespace(deployment.getMetadata().getNamespace())
            .build());
    RawWorkload there = client.resource(asked).get();
    return there == null || !there.getMetadata().getUid().equals(uid)
        ? Owner.GONE
        : there.isMarkedForDeletion() ? Owner.GOING : Owner.THERE;
  }
}
