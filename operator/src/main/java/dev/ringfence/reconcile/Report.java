package dev.ringfence.reconcile;

import dev.ringfence.api.v1alpha1.VLLMDeploymentStatus.Effective;
import dev.ringfence.events.Reason;
import dev.ringfence.reconcile.Acceptance.Failure;
import dev.ringfence.render.Names;
import dev.ringfence.render.Rendered;
import dev.ringfence.rules.TrustedModel.Source;
import dev.ringfence.rules.Workload;
import dev.ringfence.status.Diagnosis;
import dev.ringfence.status.Findings;
import dev.ringfence.status.Findings.Obstacle;
import dev.ringfence.status.Findings.Problem;
import dev.ringfence.status.Findings.Standing;
import dev.ringfence.status.GuardState;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** What there is to say of a workload once everything was applied. */
final class Report {
  /** How often guards are asked while nothing else happens. */
  private static final Duration GUARD_PAUSE = Duration.ofSeconds(30);

  private final Look look;
  private final Notebook notebook;
  private final Rendered wanted;

  Report(Look look, Notebook notebook, Rendered wanted) {
    this.look = look;
    this.notebook = notebook;
    this.wanted = wanted;
  }

  /**
   * @param standing what the rules say
   * @param notes advice that came up while it was applied
   */
  Findings findings(Standing standing, List<String> notes) {
    Workload accepted = look.target().accepted().workload();
    List<Problem> problems = new ArrayList<>(notebook.problems());
    boolean onTarget = notebook.progress().isEmpty() && problems.isEmpty();
    List<Findings.Tenant> tenants = new ArrayList<>();
    for (Rendered.Tenant tenant : wanted.tenants()) {
      Engine engine = look.engine(tenant.deployment());
      List<Pod> pods = look.pods(tenant.tenant());
      List<GuardState> states = look.tools().guards().read(pods);
      int number = look.target().stop() ? 0 : engine.wanted(tenant.replicas());
      int ready = engine.ready();
      Optional<Obstacle> obstacle =
          notebook
              .obstacle(tenant.tenant())
              .or(
                  () ->
                      ready < number
                          ? engine
                              .deployment()
                              .flatMap(
                                  deployment -> Diagnosis.of(deployment, pods, look.noSwapLabel()))
                          : Optional.empty());
      Optional<String> stale =
          states.stream()
              .filter(state -> !state.limits().isEmpty() && !state.limits().equals(tenant.limits()))
              .findFirst()
              .map(
                  state ->
                      "a guard has not read its new limits yet"
                          + state.limitsError().map(error -> ": " + error).orElse(""));
      tenants.add(
          new Findings.Tenant(
              tenant.tenant(),
              tenant.url(),
              Peers.text(accepted),
              number,
              Math.min(ready, number),
              states,
              pods.size(),
              obstacle,
              stale));
      if (!pods.isEmpty()) {
        look.wakeups().at(look.now().plus(GUARD_PAUSE));
      }
      onTarget &= number == 0 || engine.settled();
    }
    if (!look.tools().settings().imageVolumes()
        && accepted.model().source() instanceof Source.Image) {
      problems.add(
          new Problem(
              Reason.ImageVolumeUnsupported,
              "the API server does not know image volumes, so a model in an image cannot be mounted; upgrade it or use a"
                  + " model from a hub or a claim",
              true));
    }
    if (look.target().rolledBack()) {
      String tenant = look.target().marks().failure().map(Failure::tenant).orElse("");
      problems.add(
          new Problem(
              Reason.RolledBack,
              "the engine of tenant "
                  + tenant
                  + " did not get ready with what is specified, so what served before serves again; change the"
                  + " specification or the policy to try anew",
              true));
    }
    boolean sameGeneration =
        look.fallback()
            .filter(
                f ->
                    f.record().inputs().generation()
                        == look.target().record().inputs().generation())
            .isPresent();
    return new Findings(
        look.workload().getMetadata().getGeneration(),
        withNotes(standing, notes),
        accepted.suspended(),
        onTarget || look.target().rolledBack() || (sameGeneration && problems.isEmpty()),
        tenants,
        problems,
        notebook.progress(),
        new Findings.Network(
            notebook.networkInPlace(),
            NetworkWatch.fault(look.workload(), look.tools().world(), notebook.kept())),
        Optional.of(effective(accepted)));
  }

  private Effective effective(Workload accepted) {
    List<String> arguments =
        wanted.tenants().stream()
            .findFirst()
            .flatMap(
                tenant ->
                    tenant.deployment().getSpec().getTemplate().getSpec().getContainers().stream()
                        .filter(c -> c.getName().equals(Names.ENGINE_CONTAINER))
                        .findFirst())
            .map(Container::getArgs)
            .orElse(List.of());
    String revision =
        switch (accepted.model().source()) {
          case Source.HuggingFace hub -> hub.revision();
          case Source.Image image -> Causes.digest(image.reference());
          case Source.VolumeClaim claim -> "claim " + claim.claimName();
        };
    long policyGeneration = look.target().record().inputs().policyGeneration();
    return new Effective(
        accepted.engine().image(),
        accepted.engine().version().toString(),
        revision,
        arguments,
        policyGeneration);
  }

  private static Standing withNotes(Standing standing, List<String> notes) {
    return standing instanceof Standing.Accepted accepted
        ? new Standing.Accepted(
            Stream.concat(accepted.warnings().stream(), notes.stream()).toList(),
            accepted.waivers())
        : standing;
  }
}
