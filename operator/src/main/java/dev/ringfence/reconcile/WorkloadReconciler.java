package dev.ringfence.reconcile;

import dev.ringfence.events.EventRecorder;
import dev.ringfence.events.EventRecorder.Severity;
import dev.ringfence.events.Reason;
import dev.ringfence.reconcile.Acceptance.Role;
import dev.ringfence.resources.RawWorkload;
import dev.ringfence.rules.Policy;
import dev.ringfence.rules.Rule;
import dev.ringfence.rules.Surroundings.Before;
import dev.ringfence.rules.Surroundings.WaiverInForce;
import dev.ringfence.rules.Verdict;
import dev.ringfence.rules.Verdict.Accepted;
import dev.ringfence.rules.Workload;
import dev.ringfence.status.Findings;
import dev.ringfence.status.Findings.Problem;
import dev.ringfence.status.Findings.Standing;
import io.fabric8.kubernetes.api.model.apps.ControllerRevision;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.ControllerConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.api.reconciler.Reconciler;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings one workload's objects to what was accepted, step by step: judge it, keep a record of what
 * is accepted, render, restart engines when it is their turn, put back what was changed, remove
 * what is not part of it, and say so in the status.
 */
@ControllerConfiguration(name = "workloads")
public final class WorkloadReconciler implements Reconciler<RawWorkload> {
  private static final Logger LOG = LoggerFactory.getLogger(WorkloadReconciler.class);

  /**
   * After our write was refused because the object had changed: the informer has the change in a
   * moment.
   */
  private static final Duration MOMENT = Duration.ofMillis(200);

  /** Rights and webhooks are mended by people; nothing that is watched tells when. */
  private static final Duration AFTER_REFUSAL = Duration.ofMinutes(1);

  private static final Duration HOLD_NOTICE = Duration.ofDays(7);
  private static final int DEFAULT_HOLD_DAYS = 30;

  private final Settings settings;
  private final KubernetesClient client;
  private final Api api;
  private final EventRecorder events;
  private final GuardReader guards;
  private final ModelHistory history;
  private final RolloutQueue<ResourceID> queue = new RolloutQueue<>();
  private final Map<String, Last> states = new ConcurrentHashMap<>();
  private final Statuses statuses;
  private final RecordedVerdicts recorded = new RecordedVerdicts();
  private final Late<World> world = new Late<>();
  private final Late<Surveyor> surveyor = new Late<>();
  private final Late<Records> records = new Late<>();
  private final Late<Children> children = new Late<>();
  private boolean resumed;

  public WorkloadReconciler(
      KubernetesClient client,
      Settings settings,
      EventRecorder events,
      GuardReader guards,
      ModelHistory history) {
    this.client = client;
    this.settings = settings;
    this.api = new Api(client);
    this.events = events;
    this.statuses = new Statuses(api, events);
    this.guards = guards;
    this.history = history;
  }

  @Override
  public List<EventSource<?, RawWorkload>> prepareEventSources(
      EventSourceContext<RawWorkload> context) {
    World w = new World(context, settings.pods().namespace());
    w.workloads().listen(this::neighbourChanged);
    world.set(w);
    surveyor.set(new Surveyor(w, api, history));
    records.set(new Records(w, api, settings.seal()));
    children.set(new Children(w, api, settings.clock()));
    return w.eventSources();
  }

  /** A value that is there from when the framework has prepared the event sources. */
  private static final class Late<T> {
    private volatile @Nullable T value;

    void set(T value) {
      this.value = value;
    }

    T get() {
      T there = value;
      if (there == null) {
        throw new IllegalStateException("not prepared yet");
      }
      return there;
    }
  }

  /** Looks again at the workloads that a neighbour's change concerns, and forgets what is gone. */
  private void neighbourChanged(Optional<RawWorkload> before, Optional<RawWorkload> after) {
    RawWorkload changed = after.or(() -> before).orElseThrow();
    if (after.isEmpty()) {
      ResourceID id = ResourceID.fromResource(changed);
      records.get().forget(changed);
      statuses.forget(changed);
      states.remove(changed.getMetadata().getUid());
      recorded.forget(changed);
      world.get().nudge(queue.forget(id));
    }
    world.get().nudge(Neighbourhood.concerned(before, after, world.get().workloads()));
  }

  @Override
  public UpdateControl<RawWorkload> reconcile(RawWorkload workload, Context<RawWorkload> context) {
    if (workload.isMarkedForDeletion()) {
      return UpdateControl.noUpdate();
    }
    resumeQueue();
    try {
      Duration next = new Attempt(workload).run();
      return UpdateControl.<RawWorkload>noUpdate().rescheduleAfter(next);
    } catch (Records.Going e) {
      return UpdateControl.noUpdate();
    } catch (KubernetesClientException e) {
      if (e.getCode() == HttpURLConnection.HTTP_CONFLICT) {
        // Somebody was faster; look at what it is now.
        LOG.debug("{} has changed meanwhile", workload.getMetadata().getName());
        return UpdateControl.<RawWorkload>noUpdate().rescheduleAfter(MOMENT);
      }
      if (e.getCode() == HttpURLConnection.HTTP_NOT_FOUND && gone(workload)) {
        return UpdateControl.noUpdate();
      }
      throw e;
    }
  }

  private boolean gone(RawWorkload workload) {
    RawWorkload there = client.resource(workload).get();
    return there == null
        || there.isMarkedForDeletion()
        || !there.getMetadata().getUid().equals(workload.getMetadata().getUid());
  }

  /** What the queue has to know from before this program started, read from the records. */
  private synchronized void resumeQueue() {
    if (resumed) {
      return;
    }
    resumed = true;
    for (ControllerRevision revision : records.get().all().toList()) {
      String name = revision.getMetadata().getLabels().get(World.WORKLOAD);
      ResourceID id = new ResourceID(name, revision.getMetadata().getNamespace());
      if (world.get().workloads().get(id).filter(w -> Children.isOurs(w, revision)).isEmpty()) {
        continue;
      }
      Acceptance.failure(revision).ifPresent(failure -> queue.resumeFailure(id, failure.cause()));
      Acceptance.restarts(revision).entrySet().stream()
          .filter(restart -> !Engine.of(world.get(), id, restart.getKey()).settled())
          .findFirst()
          .ifPresent(restart -> queue.resume(id, restart.getValue().cause()));
      Acceptance.proof(revision).ifPresent(proof -> queue.ready(id, proof.cause()));
    }
  }

  /** What became of a workload when it was last looked at. */
  public enum State {
    RUNNING("running"),
    HELD("held"),
    STOPPED("stopped"),
    FROZEN("frozen"),
    REJECTED("rejected");

    private final String text;

    State(String text) {
      this.text = text;
    }

    public String text() {
      return text;
    }

    private static State of(Course course) {
      return switch (course) {
        case Course.Run ignored -> RUNNING;
        case Course.Hold ignored -> HELD;
        case Course.Stop ignored -> STOPPED;
        case Course.Leave ignored -> FROZEN;
        case Course.Refuse ignored -> REJECTED;
      };
    }
  }

  /** What a workload's last look came to, and which rules a waiver lifted for it. */
  private record Last(State state, Set<Rule> waived) {
    static Last of(Course course) {
      return new Last(
          State.of(course),
          course instanceof Course.Run run
              ? run.verdict().waivers().stream()
                  .map(WaiverInForce::rule)
                  .collect(Collectors.toUnmodifiableSet())
              : Set.of());
    }
  }

  /** How many workloads are in that state. */
  public double count(State state) {
    return states.values().stream().filter(last -> last.state() == state).count();
  }

  /** How many workloads are accepted only because a waiver lifts that rule. */
  public double waived(Rule rule) {
    return states.values().stream().filter(last -> last.waived().contains(rule)).count();
  }

  /** How many workloads are restarting engines. */
  public double restarting() {
    return queue.rolling();
  }

  /** How many workloads wait for their turn to restart engines. */
  public double queued() {
    return queue.waiting();
  }

  private Look.Tools tools() {
    return new Look.Tools(
        settings, api, world.get(), records.get(), children.get(), queue, events, guards);
  }

  /** One look at one workload. */
  private final class Attempt {
    private final RawWorkload workload;
    private final Instant now = settings.clock().instant();
    private final Optional<Acceptance> current;
    private final Surveyor.Survey survey;
    private final Wakeups wakeups = new Wakeups(now, settings.resync());

    private final Statuses.Writing status;

    Attempt(RawWorkload cached) {
      this.workload = statuses.newest(cached);
      this.status = statuses.begin(cached, now, wakeups);
      this.current = records.get().read(workload, Role.CURRENT);
      this.survey =
          surveyor
              .get()
              .survey(workload.getMetadata().getNamespace(), current.map(Acceptance::inputs), now);
    }

    /**
     * @return when to look again though nothing has happened
     */
    Duration run() {
      Optional<Acceptance> ready = records.get().read(workload, Role.READY);
      Course course = judge(current, ready);
      states.put(workload.getMetadata().getUid(), Last.of(course));
      try {
        take(course, ready);
      } catch (KubernetesClientException e) {
        Refusal refusal = Refusal.of(e).orElseThrow(() -> e);
        // Objects that are rendered are refused one by one; this was a record, without which
        // nothing is rendered, or an engine that was to be stopped.
        wakeups.at(now.plus(AFTER_REFUSAL));
        status.refused(
            standing(course),
            new Problem(
                Reason.Refused,
                "the API server refuses what the operator writes: " + refusal.message(),
                true));
      }
      return wakeups.next();
    }

    private void take(Course course, Optional<Acceptance> ready) {
      switch (course) {
        case Course.Run run -> {
          run.verdict().nextEnd().ifPresent(wakeups::at);
          status.first();
          follow(accept(run.verdict(), current, ready), ready, standing(course));
        }
        case Course.Hold hold -> {
          wakeups.at(hold.until());
          wakeups.at(hold.until().minus(HOLD_NOTICE));
          status.first();
          follow(hold(hold, current, ready), ready, standing(course));
        }
        case Course.Stop stop ->
            follow(
                new Target(
                    currentOr(stop.record(), current), stop.record(), stop.accepted(), true, false),
                ready,
                standing(course));
        case Course.Leave leave -> leave(leave, ready);
        case Course.Refuse refuse -> refuse(refuse);
      }
    }

    // ---- judge

    private Course judge(Optional<Acceptance> current, Optional<Acceptance> ready) {
      Verdict verdict = surveyor.get().now(workload, before(current, ready), survey, now);
      return Course.decide(
          verdict,
          serving(current, ready),
          new Course.Judges(
              recorded::of, record -> surveyor.get().today(record.inputs(), survey, now)),
          survey.validPolicy(),
          hold(current),
          now);
    }

    private Duration hold(Optional<Acceptance> current) {
      int days =
          survey
              .validPolicy()
              .map(Policy::holdDays)
              .or(
                  () ->
                      current.flatMap(
                          record ->
                              record
                                  .inputs()
                                  .policy()
                                  .map(
                                      p ->
                                          p.path("spec")
                                              .path("hold")
                                              .path("days")
                                              .asInt(DEFAULT_HOLD_DAYS))))
              .orElse(DEFAULT_HOLD_DAYS);
      return Duration.ofDays(Math.clamp(days, 0, 365));
    }

    /** What is there already, as the rules need to know it: the volume, and the model on it. */
    private Optional<Before> before(Optional<Acceptance> current, Optional<Acceptance> ready) {
      Optional<Workload> accepted = current.flatMap(this::accepted);
      Optional<Workload> served = ready.flatMap(this::accepted).or(() -> accepted);
      return served.map(
          w -> new Before(accepted.or(() -> served).flatMap(Workload::storage), w.model()));
    }

    private Optional<Workload> accepted(Acceptance record) {
      return recorded.of(record) instanceof Accepted accepted
          ? Optional.of(accepted.workload())
          : Optional.empty();
    }

    // ---- record

    /**
     * Keeps a record of what is accepted, and says what to render: that, or what was Ready before
     * if that has failed.
     */
    private Target accept(
        Accepted verdict, Optional<Acceptance> current, Optional<Acceptance> ready) {
      ready
          .filter(record -> record.heldSince().isPresent())
          .ifPresent(record -> mark(record, Role.READY, Optional.empty()));
      boolean same =
          current
              .filter(record -> record.inputs().guardImage().equals(settings.guardImage()))
              .flatMap(this::accepted)
              .filter(verdict.workload()::equals)
              .isPresent();
      if (same) {
        Acceptance record = current.orElseThrow();
        if (record.heldSince().isPresent()) {
          record = mark(record, Role.CURRENT, Optional.empty());
          events.record(
              workload, Severity.Normal, Reason.Released, "what was accepted is acceptable again");
        }
        return new Target(record, record, verdict, false, false);
      }
      Inputs inputs =
          Surveyor.inputs(workload, verdict.workload(), survey, settings.guardImage(), now);
      Map<String, String> annotations = new HashMap<>();
      current
          .map(Acceptance::restarts)
          .filter(restarts -> !restarts.isEmpty())
          .ifPresent(restarts -> annotations.put(Acceptance.RESTARTS, Acceptance.text(restarts)));
      Acceptance record =
          records.get().write(workload, Role.CURRENT, inputs, Optional.empty(), annotations);
      return new Target(record, record, verdict, false, false);
    }

    /** Both records say since when, so that taking one away does not begin the hold anew. */
    private Target hold(
        Course.Hold hold, Optional<Acceptance> current, Optional<Acceptance> ready) {
      Acceptance marks = since(hold, currentOr(hold.record(), current), Role.CURRENT);
      Optional<Acceptance> before = ready.map(record -> since(hold, record, Role.READY));
      Acceptance held = before.filter(hold.record()::is).orElse(marks);
      return new Target(marks, held, hold.accepted(), false, true);
    }

    private Acceptance since(Course.Hold hold, Acceptance record, Role role) {
      return record.heldSince().filter(hold.since()::equals).isPresent()
          ? record
          : mark(record, role, Optional.of(hold.since().toString()));
    }

    private Acceptance mark(Acceptance record, Role role, Optional<String> heldSince) {
      return records
          .get()
          .annotate(workload, role, record, Map.of(Acceptance.HELD_SINCE, heldSince));
    }

    /** The current record; when somebody has removed it, it is made again from what serves. */
    private Acceptance currentOr(Acceptance serving, Optional<Acceptance> current) {
      return current.orElseGet(
          () ->
              records
                  .get()
                  .write(
                      workload,
                      Role.CURRENT,
                      serving.inputs(),
                      Optional.empty(),
                      serving
                          .heldSince()
                          .map(since -> Map.of(Acceptance.HELD_SINCE, since.toString()))
                          .orElse(Map.of())));
    }

    // ---- render, apply, prune

    private void follow(Target target, Optional<Acceptance> ready, Standing standing) {
      Optional<Fallback> fallback =
          ready.flatMap(
              record ->
                  recorded.of(record) instanceof Accepted accepted
                      ? Optional.of(
                          new Fallback(
                              record,
                              accepted,
                              record.proof(),
                              Course.contentFaults(
                                      accepted.workload(),
                                      surveyor.get().today(record.inputs(), survey, now),
                                      survey.validPolicy())
                                  .isEmpty()))
                      : Optional.empty());
      Target aim = target;
      if (!target.stop()
          && target.record().failure().isPresent()
          && fallback.filter(Fallback::trusted).isPresent()) {
        aim = target.backTo(fallback.get());
      }
      Rollout rollout =
          new Rollout(
              new Look(tools(), workload, aim, fallback, wakeups, now),
              survey.validPolicy().map(Policy::maxConcurrentWorkloads).orElse(1));
      status.write(rollout.run(standing));
    }

    // ---- the courses that render nothing

    /** Nothing was ever accepted. Engines without a record are nobody's: they stop. */
    private void refuse(Course.Refuse refuse) {
      Stops.zero(workload, world.get(), api);
      say(new Standing.Rejected(refuse.why().violations()));
    }

    private void leave(Course.Leave leave, Optional<Acceptance> ready) {
      boolean untouched =
          ready
              .flatMap(Acceptance::proof)
              .filter(
                  proof ->
                      proof.deployments().equals(Digests.deployments(world.get(), api, workload)))
              .isPresent();
      if (!untouched) {
        Stops.zero(workload, world.get(), api);
      }
      say(new Standing.Frozen(leave.why().violations(), untouched));
    }

    private void say(Standing standing) {
      status.write(Findings.nothing(workload.getMetadata().getGeneration(), standing));
    }

    // ---- status and events

    private Standing standing(Course course) {
      return switch (course) {
        case Course.Run run ->
            new Standing.Accepted(run.verdict().warnings(), run.verdict().waivers());
        case Course.Hold h ->
            new Standing.Held(h.why().violations(), h.badEdit(), h.since(), h.until());
        case Course.Stop s -> new Standing.Stopped(s.why().violations(), s.content(), s.reasons());
        case Course.Leave l -> new Standing.Frozen(l.why().violations(), true);
        case Course.Refuse r -> new Standing.Rejected(r.why().violations());
      };
    }
  }

  /**
   * What serves: the current record, unless it has failed; then the last that was Ready. Held since
   * the earlier of what the two say.
   */
  private static Optional<Acceptance> serving(
      Optional<Acceptance> current, Optional<Acceptance> ready) {
    Optional<Instant> since =
        Stream.of(current, ready)
            .flatMap(Optional::stream)
            .flatMap(record -> record.heldSince().stream())
            .min(Instant::compareTo);
    return current
        .filter(record -> record.failure().isEmpty())
        .or(() -> ready)
        .or(() -> current)
        .map(record -> record.held(since));
  }
}
