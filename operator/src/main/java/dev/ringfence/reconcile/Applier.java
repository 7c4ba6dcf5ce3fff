package dev.ringfence.reconcile;

import dev.ringfence.events.EventRecorder.Severity;
import dev.ringfence.events.Reason;
import dev.ringfence.reconcile.Children.Outcome;
import dev.ringfence.render.Names;
import dev.ringfence.status.Findings.Problem;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import java.time.Duration;
import java.util.Optional;

/** Brings single objects to what is rendered, and notes what stands in the way. */
final class Applier {
  private final Look look;
  private final Notebook notebook;

  Applier(Look look, Notebook notebook) {
    this.look = look;
    this.notebook = notebook;
  }

  /**
   * @return as it is on the cluster now; empty when it is not as rendered
   */
  <R extends HasMetadata> Optional<HasMetadata> settle(R object) {
    return settle(object, live -> object);
  }

  /**
   * @return as it is on the cluster now; empty when it is not as rendered and fitted to what was
   *     there
   */
  <R extends HasMetadata> Optional<HasMetadata> settle(R object, Children.Fit<R> fit) {
    notebook.keep(object);
    switch (look.tools().children().settle(look.workload(), object, fit)) {
      case Outcome.Settled settled -> {
        settled
            .repaired()
            .ifPresent(
                what ->
                    look.tools()
                        .events()
                        .record(
                            look.workload(),
                            Severity.Warning,
                            Reason.DriftRepaired,
                            what + ", put back"));
        return Optional.of(settled.live());
      }
      case Outcome.Pending pending -> {
        look.wakeups().at(look.now().plusSeconds(1));
        notebook.progress(Reason.Starting, pending.why());
      }
      case Outcome.Foreign foreign ->
          notebook.problem(
              new Problem(
                  Reason.ForeignObject,
                  foreign.what()
                      + " is there and does not belong to this look.workload(), so it is left alone; rename or delete it",
                  true));
      case Outcome.Mutated mutated -> {
        look.wakeups().at(look.now().plus(Duration.ofMinutes(1)));
        notebook.problem(
            new Problem(
                Reason.AdmissionMutates,
                mutated.what()
                    + " would be changed at "
                    + mutated.where().path()
                    + " by an admission webhook of the cluster, so it is not written; exclude namespace "
                    + look.workload().getMetadata().getNamespace()
                    + " from that webhook",
                true));
      }
      case Outcome.Fought fought -> {
        look.wakeups().at(fought.peace());
        if (object instanceof Deployment || object instanceof NetworkPolicy) {
          stopFought(object);
        }
        notebook.problem(
            new Problem(
                Reason.DriftFight,
                fought.what()
                    + " was put back "
                    + DriftLedger.MOST
                    + " times in ten minutes and is changed again by "
                    + fought.by()
                    + "; stop that program",
                true));
      }
      case Outcome.Refused refused -> {
        look.wakeups()
            .at(
                look.now()
                    .plus(refused.waiting() ? Duration.ofSeconds(10) : Duration.ofMinutes(1)));
        notebook.problem(
            new Problem(
                refused.waiting() ? Reason.WaitingForQuota : Reason.Refused,
                "the API server refuses " + refused.what() + ": " + refused.message(),
                !refused.waiting()));
      }
    }
    return Optional.empty();
  }

  /**
   * What somebody insists on changing must not serve: pods that we did not render, or a network
   * that we did not close.
   */
  private void stopFought(HasMetadata object) {
    String tenant = object.getMetadata().getLabels().get(Names.TENANT);
    look.tools().world().of(Deployment.class, look.id()).stream()
        .filter(d -> Children.isOurs(look.workload(), d))
        .filter(d -> tenant != null && tenant.equals(d.getMetadata().getLabels().get(Names.TENANT)))
        .forEach(d -> Stops.zero(d, look.tools().api()));
  }
}
