package dev.ringfence.reconcile;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ringfence.api.v1alpha1.Condition;
import dev.ringfence.api.v1alpha1.VLLMDeploymentStatus.Effective;
import dev.ringfence.events.EventRecorder;
import dev.ringfence.events.EventRecorder.Severity;
import dev.ringfence.events.Reason;
import dev.ringfence.reconcile.Acceptance.Failure;
import dev.ringfence.reconcile.Acceptance.Proof;
import dev.ringfence.reconcile.Acceptance.Restart;
import dev.ringfence.reconcile.Acceptance.Role;
import dev.ringfence.reconcile.Children.Outcome;
import dev.ringfence.reconcile.WorkloadReconciler.Fallback;
import dev.ringfence.reconcile.WorkloadReconciler.Target;
import dev.ringfence.render.Names;
import dev.ringfence.render.Render;
import dev.ringfence.render.RenderContext;
import dev.ringfence.render.Rendered;
import dev.ringfence.resources.RawWorkload;
import dev.ringfence.rules.ImageReference;
import dev.ringfence.rules.TrustedModel.Source;
import dev.ringfence.rules.Workload;
import dev.ringfence.status.Conditions;
import dev.ringfence.status.Diagnosis;
import dev.ringfence.status.Findings;
import dev.ringfence.status.Findings.Obstacle;
import dev.ringfence.status.Findings.Problem;
import dev.ringfence.status.Findings.Progress;
import dev.ringfence.status.Findings.Standing;
import dev.ringfence.status.GuardState;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobCondition;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

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

  /** How long a fetch that has failed is left for people to look at before it is tried again. */
  private static final Duration FETCH_PAUSE = Duration.ofMinutes(5);

  /** How often guards are asked while nothing else happens. */
  private static final Duration GUARD_PAUSE = Duration.ofSeconds(30);

  private static final List<Class<? extends HasMetadata>> PRUNED =
      List.of(
          Deployment.class,
          Service.class,
          NetworkPolicy.class,
          PodDisruptionBudget.class,
          Job.class,
          ConfigMap.class,
          ServiceAccount.class);

  record Tools(
      Settings settings,
      Api api,
      World world,
      Records records,
      Children children,
      RolloutQueue<ResourceID> queue,
      EventRecorder events,
      GuardReader guards) {}

  private final Tools tools;
  private final RawWorkload workload;
  private final ResourceID id;
  private final Target target;
  private final Optional<Fallback> fallback;
  private final int mostWorkloads;
  private final Wakeups wakeups;
  private final Instant now;
  private final Rendered wanted;
  private final Optional<Rendered> former;
  private final String cause;

  private Acceptance marks;
  private final List<Problem> problems = new ArrayList<>();
  private final Set<String> keep = new HashSet<>();
  private final Map<String, Obstacle> obstacles = new HashMap<>();
  private Optional<Progress> progress = Optional.empty();
  private boolean restarting;
  private boolean waiting;
  private boolean networkInPlace = true;

  Rollout(
      Tools tools,
      RawWorkload workload,
      Target target,
      Optional<Fallback> fallback,
      int mostWorkloads,
      Wakeups wakeups,
      Instant now) {
    this.tools = tools;
    this.workload = workload;
    this.id = ResourceID.fromResource(workload);
    this.target = target;
    this.fallback = fallback;
    this.mostWorkloads = mostWorkloads;
    this.wakeups = wakeups;
    this.now = now;
    this.marks = target.marks();
    this.wanted = render(target.accepted().workload(), target.record().inputs());
    this.former =
        fallback
            .filter(f -> f.trusted() && !f.record().inputs().equals(target.record().inputs()))
            .map(f -> render(f.accepted().workload(), f.record().inputs()));
    this.cause = cause(target.accepted().workload(), target.record().inputs());
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

  /**
   * What a restart shares with those of other workloads: the images, and the program that renders.
   */
  private String cause(Workload accepted, Inputs inputs) {
    return digest(accepted.engine().image())
        + " "
        + digest(inputs.guardImage())
        + " "
        + tools.settings().release();
  }

  private static String digest(String image) {
    return ImageReference.parse(image).map(ImageReference::digest).orElse(image);
  }

  Findings run(Standing standing) {
    boolean fetched = fetch();
    for (Rendered.Tenant tenant : wanted.tenants()) {
      serve(tenant, fetched);
    }
    prune();
    prove();
    if (!restarting && !waiting) {
      tools.world().nudge(tools.queue().release(id));
    }
    return findings(withNotes(standing, unusedClaims()));
  }

  private static Standing withNotes(Standing standing, List<String> notes) {
    return standing instanceof Standing.Accepted accepted
        ? new Standing.Accepted(
            Stream.concat(accepted.warnings().stream(), notes.stream()).toList(),
            accepted.waivers())
        : standing;
  }

  // ---- the model

  /**
   * Brings the model onto its claim.
   *
   * @return whether engines may start
   */
  private boolean fetch() {
    if (wanted.fetch().isEmpty()) {
      return true;
    }
    boolean fine = true;
    Optional<Job> job = Optional.empty();
    for (HasMetadata object : wanted.fetch().get().objects()) {
      Optional<HasMetadata> live = settle(object);
      fine &= live.isPresent();
      if (live.isPresent() && live.get() instanceof Job settled) {
        job = Optional.of(settled);
      }
    }
    former
        .flatMap(Rendered::fetch)
        .ifPresent(f -> f.objects().forEach(o -> keep.add(Children.key(o))));
    // A Job whose whole specification is ours ran our program; what it left is verified by the
    // guards all the same.
    if (!fine || job.isEmpty()) {
      return false;
    }
    if (condition(job.get(), "Complete").isPresent()) {
      return true;
    }
    Optional<JobCondition> failed = condition(job.get(), "Failed");
    if (failed.isPresent()) {
      Instant again =
          Optional.ofNullable(failed.get().getLastTransitionTime())
              .map(Instant::parse)
              .orElse(now)
              .plus(FETCH_PAUSE);
      if (again.isAfter(now)) {
        wakeups.at(again);
        say(
            Reason.FetchFailed,
            "the fetch Job "
                + job.get().getMetadata().getName()
                + " failed, see its pods' logs; it is tried again at "
                + again);
      } else {
        tools.children().prune(job.get());
        say(Reason.Fetching, "the model is fetched once more");
      }
    } else {
      say(
          Reason.Fetching,
          "the Job "
              + job.get().getMetadata().getName()
              + " fetches the model"
              + jobObstacle(job.get()));
    }
    return false;
  }

  private String jobObstacle(Job job) {
    return tools.world().of(Pod.class, id).stream()
        .filter(
            pod ->
                pod.getMetadata().getOwnerReferences().stream()
                    .anyMatch(o -> o.getUid().equals(job.getMetadata().getUid())))
        .flatMap(pod -> Diagnosis.of(pod, noSwapLabel()).stream())
        .findFirst()
        .map(o -> "; " + o.message())
        .orElse("");
  }

  private static Optional<JobCondition> condition(Job job, String type) {
    return job.getStatus() == null
        ? Optional.empty()
        : job.getStatus().getConditions().stream()
            .filter(c -> type.equals(c.getType()) && "True".equals(c.getStatus()))
            .findFirst();
  }

  // ---- one tenant

  private void serve(Rendered.Tenant tenant, boolean fetched) {
    Engine engine = new Engine(tools.children().seen(tenant.deployment()));
    String template = template(tenant);
    int number = target.stop() ? 0 : engine.wanted(tenant.replicas());
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
        apply(tenant, mayRun ? number : 0, mayRun);
      }
      case Restarts.Start ignored -> {
        if (fetched) {
          note(tenant.tenant(), template);
          restarting = true;
          apply(tenant, number, true);
        } else {
          stay(tenant, engine);
        }
      }
      case Restarts.Ask ignored -> ask(tenant, engine, template, number, fetched);
    }
  }

  private void ask(
      Rendered.Tenant tenant, Engine engine, String template, int number, boolean fetched) {
    if (!fetched) {
      stay(tenant, engine);
      return;
    }
    if (changedBySomebody(tenant, engine)) {
      // It cannot be put back to what this release does not render any more, and it is not what was
      // Ready.
      note(tenant.tenant(), template);
      restarting = true;
      apply(tenant, number, true);
      return;
    }
    if (restarting) {
      waiting = true;
      stay(tenant, engine);
      return;
    }
    switch (tools.queue().ask(id, cause, mostWorkloads)) {
      case RolloutQueue.Answer.Go ignored -> {
        note(tenant.tenant(), template);
        restarting = true;
        say(Reason.RollingOut, "tenant " + tenant.tenant() + " restarts");
        apply(tenant, number, true);
      }
      case RolloutQueue.Answer.Wait wait -> {
        waiting = true;
        say(Reason.RolloutQueued, "a restart waits: " + wait.why());
        stay(tenant, engine);
      }
    }
  }

  /**
   * While its turn has not come: as it was rendered when it was last Ready, if this release renders
   * that still.
   */
  private void stay(Rendered.Tenant tenant, Engine engine) {
    Optional<Rendered.Tenant> before =
        former.flatMap(
            f -> f.tenants().stream().filter(t -> t.tenant().equals(tenant.tenant())).findFirst());
    Optional<String> known =
        Restarts.known(tenant.tenant(), marks.restarts(), fallback.flatMap(Fallback::proof));
    if (before.isPresent() && known.filter(template(before.get())::equals).isPresent()) {
      apply(before.get(), engine.wanted(before.get().replicas()), true);
    } else {
      tenant.objects().forEach(object -> keep.add(Children.key(object)));
    }
    before.ifPresent(t -> t.objects().forEach(object -> keep.add(Children.key(object))));
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
        .filter(digest -> digest.equals(digest(tools.api(), engine.deployment().get())))
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
      say(Reason.RollingOut, "tenant " + tenant.tenant() + " restarts");
    }
    List<Pod> pods = pods(tenant.tenant());
    Instant began =
        restart.orElseGet(
            () -> Instant.parse(engine.deployment().get().getMetadata().getCreationTimestamp()));
    Instant deadline =
        began.plusSeconds(target.accepted().workload().startupTimeoutSeconds()).plus(MARGIN);
    wakeups.at(deadline);
    boolean late = !deadline.isAfter(now) && Diagnosis.scheduled(pods);
    if (!late && !Diagnosis.broken(pods)) {
      return;
    }
    String what =
        Diagnosis.of(engine.deployment().get(), pods, noSwapLabel())
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
                      Optional.of(Acceptance.text(new Failure(now, tenant.tenant(), cause)))));
      tools.world().nudge(tools.queue().failed(id, cause));
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
      wakeups.soon();
    } else if (ready(engine) < number) {
      boolean never = fallback.flatMap(Fallback::proof).isEmpty() || restarted;
      obstacles.put(tenant.tenant(), new Obstacle(Reason.EngineFailed, what, !never));
    }
  }

  private static int ready(Engine engine) {
    return engine.ready();
  }

  private void note(String tenant, String template) {
    Map<String, Restart> restarts = new TreeMap<>(marks.restarts());
    restarts.put(tenant, new Restart(now, template, cause));
    marks =
        tools
            .records()
            .annotate(
                workload,
                Role.CURRENT,
                marks,
                Map.of(Acceptance.RESTARTS, Optional.of(Acceptance.text(restarts))));
    tools.queue().resume(id, cause);
  }

  private void apply(Rendered.Tenant tenant, int number, boolean mayStart) {
    boolean blocked = false;
    for (HasMetadata object : tenant.objects()) {
      if (object instanceof Deployment deployment) {
        keep.add(Children.key(object));
        Engine engine = new Engine(tools.children().seen(deployment));
        boolean nothingThere = engine.deployment().isEmpty();
        if (nothingThere && (blocked || !mayStart)) {
          // Nothing runs before its network is closed; and a Deployment that may have no pod yet
          // need not be there.
          continue;
        }
        int replicas = blocked && engine.replicas() == 0 ? 0 : number;
        settle(sized(deployment, tenant.replicas(), replicas, engine));
      } else {
        boolean settled = settle(object).isPresent();
        blocked |= !settled;
        networkInPlace &= settled || !(object instanceof NetworkPolicy);
      }
    }
  }

  private Deployment sized(
      Deployment deployment, Rendered.Replicas rendered, int number, Engine engine) {
    boolean theirs =
        rendered instanceof Rendered.Replicas.Between
            && !engine.deployment().isEmpty()
            && engine.replicas() == number;
    return theirs
        ? deployment
        : new DeploymentBuilder(deployment).editSpec().withReplicas(number).endSpec().build();
  }

  /**
   * @return as it is on the cluster now; empty when it is not as rendered
   */
  private Optional<HasMetadata> settle(HasMetadata object) {
    keep.add(Children.key(object));
    switch (tools.children().settle(workload, object)) {
      case Outcome.Settled settled -> {
        settled
            .repaired()
            .ifPresent(
                what ->
                    tools
                        .events()
                        .record(
                            workload, Severity.Warning, Reason.DriftRepaired, what + ", put back"));
        return Optional.of(settled.live());
      }
      case Outcome.Pending pending -> {
        wakeups.at(now.plusSeconds(1));
        say(Reason.Starting, pending.why());
      }
      case Outcome.Foreign foreign ->
          problems.add(
              new Problem(
                  Reason.ForeignObject,
                  foreign.what()
                      + " is there and does not belong to this workload, so it is left alone; rename or delete it",
                  true));
      case Outcome.Mutated mutated -> {
        wakeups.at(now.plus(Duration.ofMinutes(1)));
        problems.add(
            new Problem(
                Reason.AdmissionMutates,
                mutated.what()
                    + " would be changed at "
                    + mutated.where().path()
                    + " by an admission webhook of the cluster, so it is not written; exclude namespace "
                    + workload.getMetadata().getNamespace()
                    + " from that webhook",
                true));
      }
      case Outcome.Fought fought -> {
        wakeups.at(fought.peace());
        if (object instanceof Deployment || object instanceof NetworkPolicy) {
          stopFought(object);
        }
        problems.add(
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
        wakeups.at(now.plus(refused.waiting() ? Duration.ofSeconds(10) : Duration.ofMinutes(1)));
        problems.add(
            new Problem(
                refused.waiting() ? Reason.WaitingForQuota : Reason.Refused,
                "the API server refuses "
                    + refused.what()
                    + ": "
                    + refused.message().replace('\n', ' '),
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
    tools.world().of(Deployment.class, id).stream()
        .filter(d -> Children.isOurs(workload, d))
        .filter(d -> tenant != null && tenant.equals(d.getMetadata().getLabels().get(Names.TENANT)))
        .forEach(d -> Stops.zero(d, tools.api()));
  }

  private void say(Reason reason, String message) {
    if (progress.isEmpty()) {
      progress = Optional.of(new Progress(reason, message));
    }
  }

  // ---- the rest

  /**
   * Deletes what is ours and not part of the workload any more; never a claim, never what is not
   * ours.
   */
  private void prune() {
    List<HasMetadata> surplus = new ArrayList<>();
    for (Class<? extends HasMetadata> kind : PRUNED) {
      tools.world().of(kind, id).stream()
          .filter(object -> Children.isOurs(workload, object))
          .filter(object -> !object.isMarkedForDeletion())
          .filter(object -> !keep.contains(Children.key(object)))
          .forEach(surplus::add);
    }
    surplus.forEach(tools.children()::prune);
    tools.records().prune(workload);
    Set<String> gone = new HashSet<>();
    surplus.forEach(
        object ->
            Optional.ofNullable(object.getMetadata().getLabels().get(Names.TENANT))
                .ifPresent(gone::add));
    if (!gone.isEmpty()) {
      tools
          .events()
          .record(
              workload,
              Severity.Normal,
              Reason.Pruned,
              "objects of removed tenants deleted: " + String.join(", ", gone));
    }
  }

  /**
   * Claims that hold what was fetched and is not served any more. They are named and kept: what is
   * on them took hours to bring, and only their owner knows whether it is wanted again.
   */
  private List<String> unusedClaims() {
    List<String> notes =
        tools.world().of(PersistentVolumeClaim.class, id).stream()
            .filter(claim -> Children.isOurs(workload, claim))
            .filter(claim -> !claim.isMarkedForDeletion())
            .filter(claim -> !keep.contains(Children.key(claim)))
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
        Optional.ofNullable(Conditions.read(workload.status()).get("Accepted"))
            .map(Condition::message)
            .orElse("");
    notes.stream()
        .filter(note -> !said.contains(note))
        .forEach(
            note -> tools.events().record(workload, Severity.Normal, Reason.ClaimUnused, note));
    return notes;
  }

  /** When every engine is as it is to be and Ready, that is remembered as what to go back to. */
  private void prove() {
    if (target.stop() || !target.record().is(target.marks()) || !problems.isEmpty()) {
      return;
    }
    boolean any = false;
    Map<String, String> templates = new TreeMap<>();
    for (Rendered.Tenant tenant : wanted.tenants()) {
      Engine engine = new Engine(tools.children().seen(tenant.deployment()));
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
                      now, cause, templates, deployments(tools.world(), tools.api(), workload))),
              Map.of());
      if (!marks.restarts().isEmpty()) {
        marks =
            tools
                .records()
                .annotate(
                    workload, Role.CURRENT, marks, Map.of(Acceptance.RESTARTS, Optional.empty()));
      }
    }
    tools.world().nudge(tools.queue().ready(id, cause));
  }

  /**
   * Digests of the Deployments as the API server has them, by tenant; their number of replicas
   * aside.
   */
  static Map<String, String> deployments(World world, Api api, RawWorkload workload) {
    Map<String, String> digests = new TreeMap<>();
    world.of(Deployment.class, ResourceID.fromResource(workload)).stream()
        .filter(deployment -> Children.isOurs(workload, deployment))
        .forEach(
            deployment ->
                Optional.ofNullable(deployment.getMetadata().getLabels().get(Names.TENANT))
                    .ifPresent(tenant -> digests.put(tenant, digest(api, deployment))));
    return digests;
  }

  private static String digest(Api api, Deployment deployment) {
    ObjectNode spec = (ObjectNode) api.tree(deployment).path("spec");
    spec.remove("replicas");
    return Trees.digest(spec);
  }

  private String template(Rendered.Tenant tenant) {
    return Trees.digest(api().tree(tenant.deployment()).path("spec").path("template"));
  }

  private Api api() {
    return tools.api();
  }

  static Engine engine(World world, ResourceID workload, String tenant) {
    return new Engine(
        world.get(
            Deployment.class,
            new ResourceID(
                Names.tenant(workload.getName(), tenant), workload.getNamespace().orElse(null))));
  }

  private List<Pod> pods(String tenant) {
    return tools.world().of(Pod.class, id).stream()
        .filter(pod -> tenant.equals(pod.getMetadata().getLabels().get(Names.TENANT)))
        .filter(pod -> !pod.isMarkedForDeletion())
        .toList();
  }

  private Optional<String> noSwapLabel() {
    return target
        .accepted()
        .workload()
        .platform()
        .noSwapLabel()
        .map(label -> label.key() + "=" + label.value());
  }

  // ---- what was found

  private Findings findings(Standing standing) {
    Workload accepted = target.accepted().workload();
    boolean onTarget = progress.isEmpty() && problems.isEmpty();
    List<Findings.Tenant> tenants = new ArrayList<>();
    for (Rendered.Tenant tenant : wanted.tenants()) {
      Engine engine = new Engine(tools.children().seen(tenant.deployment()));
      List<Pod> pods = pods(tenant.tenant());
      List<GuardState> states = tools.guards().read(pods);
      int number = target.stop() ? 0 : engine.wanted(tenant.replicas());
      int ready = engine.ready();
      Optional<Obstacle> obstacle =
          Optional.ofNullable(obstacles.get(tenant.tenant()))
              .or(
                  () ->
                      ready < number
                          ? engine
                              .deployment()
                              .flatMap(deployment -> Diagnosis.of(deployment, pods, noSwapLabel()))
                          : Optional.empty());
      boolean stale =
          states.stream()
              .anyMatch(
                  state -> !state.limits().isEmpty() && !state.limits().equals(tenant.limits()));
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
              stale ? Optional.of("a guard has not read its new limits yet") : Optional.empty()));
      if (!pods.isEmpty()) {
        wakeups.at(now.plus(GUARD_PAUSE));
      }
      onTarget &= number == 0 || engine.settled();
    }
    if (!tools.settings().imageVolumes() && accepted.model().source() instanceof Source.Image) {
      problems.add(
          new Problem(
              Reason.ImageVolumeUnsupported,
              "the API server does not know image volumes, so a model in an image cannot be mounted; upgrade it or use a"
                  + " model from a hub or a claim",
              true));
    }
    if (target.rolledBack()) {
      String tenant = target.marks().failure().map(Failure::tenant).orElse("");
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
        fallback
            .filter(f -> f.record().inputs().generation() == target.record().inputs().generation())
            .isPresent();
    return new Findings(
        workload.getMetadata().getGeneration(),
        standing,
        accepted.suspended(),
        onTarget || target.rolledBack() || (sameGeneration && problems.isEmpty()),
        tenants,
        problems,
        progress,
        new Findings.Network(networkInPlace, NetworkWatch.fault(workload, tools.world(), keep)),
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
          case Source.Image image -> digest(image.reference());
          case Source.VolumeClaim claim -> "claim " + claim.claimName();
        };
    long policyGeneration = target.record().inputs().policyGeneration();
    return new Effective(
        accepted.engine().image(),
        accepted.engine().version().toString(),
        revision,
        arguments,
        policyGeneration);
  }
}
