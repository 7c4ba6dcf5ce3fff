package dev.ringfence.reconcile;

import dev.ringfence.api.v1alpha1.Condition;
import dev.ringfence.events.EventRecorder.Severity;
import dev.ringfence.events.Reason;
import dev.ringfence.render.Names;
import dev.ringfence.status.Conditions;
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
import java.util.Set;
import java.util.TreeSet;

/** Takes away what is ours and not part of the workload any more. */
final class Pruning {
  private static final List<Class<? extends HasMetadata>> PRUNED =
      List.of(
          Deployment.class,
          Service.class,
          NetworkPolicy.class,
          PodDisruptionBudget.class,
          Job.class,
          ConfigMap.class,
          ServiceAccount.class);

  private final Look look;
  private final Notebook notebook;

  Pruning(Look look, Notebook notebook) {
    this.look = look;
    this.notebook = notebook;
  }

  /**
   * Deletes what is ours and not part of the workload any more; never a claim, never what is not
   * ours.
   */
  void prune() {
    List<HasMetadata> surplus = new ArrayList<>();
    for (Class<? extends HasMetadata> kind : PRUNED) {
      look.tools().world().of(kind, look.id()).stream()
          .filter(object -> Children.isOurs(look.workload(), object))
          .filter(object -> !object.isMarkedForDeletion())
          .filter(object -> !notebook.keeps(object))
          .forEach(surplus::add);
    }
    surplus.forEach(look.tools().children()::prune);
    look.tools().records().prune(look.workload());
    Set<String> gone = new TreeSet<>();
    surplus.stream()
        .filter(Deployment.class::isInstance)
        .forEach(
            engine ->
                Optional.ofNullable(engine.getMetadata().getLabels().get(Names.TENANT))
                    .ifPresent(gone::add));
    if (!gone.isEmpty()) {
      look.tools()
          .events()
          .record(
              look.workload(),
              Severity.Normal,
              Reason.Pruned,
              "objects of removed tenants deleted: " + String.join(", ", gone));
    }
  }

  /**
   * Claims that hold what was fetched and is not served any more. They are named and kept: what is
   * on them took hours to bring, and only their owner knows whether it is wanted again.
   */
  List<String> unusedClaims() {
    List<String> notes =
        look.tools().world().of(PersistentVolumeClaim.class, look.id()).stream()
            .filter(claim -> Children.isOurs(look.workload(), claim))
            .filter(claim -> !claim.isMarkedForDeletion())
            .filter(claim -> !notebook.keeps(claim))
            .map(claim -> claim.getMetadata().getName())
            .sorted()
            .map(
                name ->
                    "the claim "
                        + name
                        + " holds a model that is not served any more and stays until you delete it: kubectl delete pvc "
                        + name)
            .toList();
    String said =
        Optional.ofNullable(Conditions.read(look.workload().status()).get("Accepted"))
            .map(Condition::message)
            .orElse("");
    notes.stream()
        .filter(note -> !said.contains(note))
        .forEach(
            note ->
                look.tools()
                    .events()
                    .record(look.workload(), Severity.Normal, Reason.ClaimUnused, note));
    return notes;
  }
}
