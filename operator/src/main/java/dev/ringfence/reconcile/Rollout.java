package dev.ringfence.reconcile;

import dev.ringfence.events.EventRecorder.Severity;
import dev.ringfence.events.Reason;
import dev.ringfence.reconcile.Acceptance.Failure;
import dev.ringfence.reconcile.Acceptance.Proof;
import dev.ringfence.reconcile.Acceptance.Restart;
import dev.ringfence.reconcile.Acceptance.Role;
import dev.ringfence.reconcile.Look.Tools;
import dev.ringfence.render.Render;
import dev.ringfence.render.RenderContext;
import dev.ringfence.render.Rendered;
import dev.ringfence.resources.RawWorkload;
import dev.ringfence.rules.Workload;
import dev.ringfence.status.Diagnosis;
import dev.ringfence.status.Findings;
import dev.ringfence.status.Findings.Obstacle;
import dev.ringfence.status.Findings.Standing;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Applies a target: every object as rendered, engines restarted one tenant at a time when it is the
 * workload's turn.
 */
final class Rollout {
  /**
   * Beyond the start-up time: pulling, scheduling, verifying. The Deployments' own deadline is the
   * same.
   */
  private static final Duration MARGIN = Duration.ofMinutes(30);

  private static final Rendered.Replicas NONE = new Rendered.Replicas.Exactly(0);

  private final Look look;
  private final Tools tools;
  private final RawWorkload workload;
  private final Target target;
  private final Optional<Fallback> fallback;
  private final int mostWorkloads;
  private final Rendered wanted;
  private final Optional<Rendered> former;
  private final String cause;
  private final Notebook notebook = new Notebook();
  private final Applier applier;

  private Acceptance marks;
  private boolean restarting;
  private boolean waiting;

  /**
   * @param mostWorkloads how many workloads of the cluster may restart engines at once
   */
  Rollout(Look look, int mostWorkloads) {
    this.look = look;
    this.tools = look.tools();
    this.workload = look.workload();
    this.target = look.target();
    this.fallback = look.fallback();
    this.mostWorkloads = mostWorkloads;
    this.applier = new Applier(look, notebook);
    this.marks = target.marks();
    this.wanted = render(target.accepted().workload(), target.record().inputs());
    this.former =
        fallback
            .filter(f -> f.trusted() && !f.record().inputs().equals(target.record().inputs()))
            .map(f -> render(f.accepted().workload(), f.record().inputs()));
    this.cause =
        Causes.of(
            target.accepted().workload(), target.record().inputs(), tools.settings().release());
  }

  private Rendered render(Workload accepted, Inputs inputs) {
    Settings settings = tools.settings();
    return Render.render(
        accepted,
        new RenderContext(
            new RenderContext.Owner.Cluster(
                workload.getApiVersion(),
                workload.getKind(),
                workload.getMetadata().getName(),
                workload.getMetadata().getUid()),
            inputs.guardImage(),
            settings.pods(),
            settings.apiServer(),
            settings.imageVolumes(),
            true,
            inputs.knowledge()));
  }

  Findings run(Standing standing) {
    boolean fetched =
        new ModelFetch(look, notebook, applier)
            .run(wanted.fetch(), former.flatMap(Rendered::fetch));
    for (Rendered.Tenant tenant : wanted.tenants()) {
      serve(tenant, fetched);
    }
    Pruning pruning = new Pruning(look, notebook);
    pruning.prune();
    prove();
    if (!restarting && !waiting) {
      tools.world().nudge(tools.queue().release(look.id()));
    }
    // Said where it is accepted; while it is held, other things matter.
    List<String> notes = standing instanceof Standing.Accepted ? pruning.unusedClaims() : List.of();
    return new Report(look, notebook, wanted).findings(standing, notes);
  }

  // ---- one tenant

  private void serve(Rendered.Tenant tenant, boolean fetched) {
    Engine engine = look.engine(tenant.deployment());
    String template = template(tenant);
    Rendered.Replicas aim = target.stop() ? NONE : tenant.replicas();
    int number = engine.wanted(aim);
    Restarts decision =
        Restarts.decide(
            tenant.tenant(),
            template,
            number,
            engine.replicas(),
            engine.settled(),
            marks.restarts(),
            fallback.flatMap(Fallback::proof),
            fallback.map(Fallback::trusted).orElse(true));
    switch (decision) {
      case Restarts.Follow ignored -> {
        watch(tenant, engine, template, number);
        boolean started =
            Restarts.known(tenant.tenant(), marks.restarts(), fallback.flatMap(Fallback::proof))
                .isPresent();
        boolean mayRun = fetched || (started && engine.replicas() > 0);
        apply(tenant, mayRun ? aim : NONE, mayRun);
      }
      case Restarts.Start ignored -> {
        if (fetched) {
          note(tenant.tenant(), template);
          restarting = true;
          apply(tenant, aim, true);
        } else {
          stay(tenant);
        }
      }
      case Restarts.Ask ignored -> ask(tenant, engine, template, aim, fetched);
    }
  }

  private void ask(
      Rendered.Tenant tenant,
      Engine engine,
      String template,
      Rendered.Replicas aim,
      boolean fetched) {
    if (!fetched) {
      stay(tenant);
      return;
    }
    if (changedBySomebody(tenant, engine)) {
      // It cannot be put back to what this release does not render any more, and it is not what was
      // Ready.
      note(tenant.tenant(), template);
      restarting = true;
      apply(tenant, aim, true);
      return;
    }
    if (restarting) {
      waiting = true;
      stay(tenant);
      return;
    }
    switch (tools.queue().ask(look.id(), cause, mostWorkloads)) {
      case RolloutQueue.Answer.Go ignored -> {
        note(tenant.tenant(), template);
        restarting = true;
        notebook.progress(Reason.RollingOut, "tenant " + tenant.tenant() + " restarts");
        apply(tenant, aim, true);
      }
      case RolloutQueue.Answer.Wait wait -> {
        waiting = true;
        notebook.progress(Reason.RolloutQueued, "a restart waits: " + wait.why());
        stay(tenant);
      }
    }
  }

  /**
   * While its turn has not come: as it was rendered when it was last Ready, if this release renders
   * that still.
   */
  private void stay(Rendered.Tenant tenant) {
    Optional<Rendered.Tenant> before =
        former.flatMap(
            f -> f.tenants().stream().filter(t -> t.tenant().equals(tenant.tenant())).findFirst());
    Optional<String> known =
        Restarts.known(tenant.tenant(), marks.restarts(), fallback.flatMap(Fallback::proof));
    if (before.isPresent() && known.filter(template(before.get())::equals).isPresent()) {
      apply(before.get(), before.get().replicas(), true);
    } else {
      tenant.objects().forEach(notebook::keep);
    }
    before.ifPresent(t -> t.objects().forEach(notebook::keep));
  }

  /**
   * Whether engines that this release cannot render any more are not as they were when they were
   * Ready.
   */
  private boolean changedBySomebody(Rendered.Tenant tenant, Engine engine) {
    Optional<String> known =
        Restarts.known(tenant.tenant(), marks.restarts(), fallback.flatMap(Fallback::proof));
    boolean renderable =
        former
            .flatMap(
                f ->
                    f.tenants().stream()
                        .filter(t -> t.tenant().equals(tenant.tenant()))
                        .findFirst())
            .filter(t -> known.filter(template(t)::equals).isPresent())
            .isPresent();
    if (renderable || engine.deployment().isEmpty()) {
      return false;
    }
    return fallback
        .flatMap(Fallback::proof)
        .map(proof -> proof.deployments().get(tenant.tenant()))
        .filter(digest -> digest.equals(Digests.deployment(tools.api(), engine.deployment().get())))
        .isEmpty();
  }

  /** Looks whether engines that were restarted get ready in their time. */
  private void watch(Rendered.Tenant tenant, Engine engine, String template, int number) {
    if (number == 0 || engine.deployment().isEmpty() || engine.replicas() == 0) {
      return;
    }
    Optional<Instant> restart =
        Optional.ofNullable(marks.restarts().get(tenant.tenant()))
            .filter(mark -> mark.template().equals(template))
            .map(Restart::at);
    boolean restarted = restart.isPresent();
    if (engine.settled()) {
      return;
    }
    if (restarted) {
      restarting = true;
      notebook.progress(Reason.RollingOut, "tenant " + tenant.tenant() + " restarts");
    }
    List<Pod> pods = look.pods(tenant.tenant());
    Instant began =
        restart.orElseGet(
            () -> Instant.parse(engine.deployment().get().getMetadata().getCreationTimestamp()));
    Instant deadline =
        began.plusSeconds(target.accepted().workload().startupTimeoutSeconds()).plus(MARGIN);
    look.wakeups().at(deadline);
    boolean late = !deadline.isAfter(look.now()) && Diagnosis.scheduled(pods);
    if (!late && !Diagnosis.broken(pods)) {
      return;
    }
    String what =
        Diagnosis.of(engine.deployment().get(), pods, look.noSwapLabel())
            .map(Obstacle::message)
            .orElse("its engine is not ready since " + began);
    boolean wayBack =
        restarted
            && fallback.filter(Fallback::trusted).isPresent()
            && marks.failure().isEmpty()
            && target.record().is(target.marks());
    if (wayBack) {
      marks =
          tools
              .records()
              .annotate(
                  workload,
                  Role.CURRENT,
                  marks,
                  Map.of(
                      Acceptance.FAILED,
                      Optional.of(
                          Acceptance.text(new Failure(look.now(), tenant.tenant(), cause)))));
      tools.world().nudge(tools.queue().failed(look.id(), cause));
      tools
          .events()
          .record(
              workload,
              Severity.Warning,
              Reason.RolledBack,
              "tenant "
                  + tenant.tenant()
                  + " did not get ready ("
                  + what
                  + "); what served before serves again");
      look.wakeups().soon();
    } else if (engine.ready() < number) {
      boolean never = fallback.flatMap(Fallback::proof).isEmpty() || restarted;
      notebook.obstacle(tenant.tenant(), new Obstacle(Reason.EngineFailed, what, !never));
    }
  }

  private void note(String tenant, String template) {
    Map<String, Restart> restarts = new TreeMap<>(marks.restarts());
    restarts.put(tenant, new Restart(look.now(), template, cause));
    marks =
        tools
            .records()
            .annotate(
                workload,
                Role.CURRENT,
                marks,
                Map.of(Acceptance.RESTARTS, Optional.of(Acceptance.text(restarts))));
    tools.queue().resume(look.id(), cause);
  }

  private void apply(Rendered.Tenant tenant, Rendered.Replicas aim, boolean mayStart) {
    boolean blocked = false;
    for (HasMetadata object : tenant.objects()) {
      if (object instanceof Deployment deployment) {
        notebook.keep(object);
        Engine engine = look.engine(deployment);
        boolean nothingThere = engine.deployment().isEmpty();
        if (nothingThere && (blocked || !mayStart)) {
          // Nothing runs before its network is closed; and a Deployment that may have no pod yet
          // need not be there.
          continue;
        }
        Rendered.Replicas count = blocked && engine.replicas() == 0 ? NONE : aim;
        applier.settle(deployment, live -> sized(deployment, count, new Engine(live)));
      } else {
        boolean settled = applier.settle(object).isPresent();
        blocked |= !settled;
        if (!settled) {
          notebook.notSettled(object);
        }
      }
    }
  }

  /** With the number of replicas, unless that is an autoscaler's and within its bounds. */
  private static Deployment sized(Deployment deployment, Rendered.Replicas count, Engine there) {
    int number = there.wanted(count);
    boolean theirs =
        count instanceof Rendered.Replicas.Between
            && there.deployment().isPresent()
            && there.replicas() == number;
    return theirs
        ? deployment
        : new DeploymentBuilder(deployment).editSpec().withReplicas(number).endSpec().build();
  }

  // ---- the rest

  /** When every engine is as it is to be and Ready, that is remembered as what to go back to. */
  private void prove() {
    if (target.stop() || !target.record().is(target.marks()) || !notebook.problems().isEmpty()) {
      return;
    }
    boolean any = false;
    Map<String, String> templates = new TreeMap<>();
    for (Rendered.Tenant tenant : wanted.tenants()) {
      Engine engine = look.engine(tenant.deployment());
      int number = engine.wanted(tenant.replicas());
      templates.put(tenant.tenant(), template(tenant));
      boolean right =
          Restarts.known(tenant.tenant(), marks.restarts(), fallback.flatMap(Fallback::proof))
              .filter(known -> !known.equals(template(tenant)))
              .isEmpty();
      if (number > 0 && (!right || engine.replicas() == 0 || !engine.settled())) {
        return;
      }
      any |= number > 0;
    }
    if (!any) {
      return;
    }
    boolean known =
        fallback
            .filter(f -> f.record().inputs().equals(target.record().inputs()))
            .flatMap(Fallback::proof)
            .filter(proof -> proof.templates().equals(templates))
            .isPresent();
    if (!known) {
      tools
          .records()
          .write(
              workload,
              Role.READY,
              target.record().inputs(),
              Optional.of(
                  new Proof(
                      look.now(),
                      cause,
                      templates,
                      Digests.deployments(tools.world(), tools.api(), workload))),
              Map.of());
      if (!marks.restarts().isEmpty()) {
        marks =
            tools
                .records()
                .annotate(
                    workload, Role.CURRENT, marks, Map.of(Acceptance.RESTARTS, Optional.empty()));
      }
    }
    tools.world().nudge(tools.queue().ready(look.id(), cause));
  }

  private String template(Rendered.Tenant tenant) {
    return Digests.template(tools.api(), tenant);
  }
}
