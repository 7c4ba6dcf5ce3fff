package dev.ringfence.status;

import dev.ringfence.api.v1alpha1.Condition;
import dev.ringfence.api.v1alpha1.StatusViolation;
import dev.ringfence.api.v1alpha1.VLLMDeploymentStatus;
import dev.ringfence.events.Reason;
import dev.ringfence.rules.Violation;
import dev.ringfence.status.Conditions.Said;
import dev.ringfence.status.Findings.Obstacle;
import dev.ringfence.status.Findings.Problem;
import dev.ringfence.status.Findings.Standing;
import dev.ringfence.status.Findings.Tenant;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** Findings as a status: conditions by kstatus' rules, and never Reconciling beside Stalled. */
public final class WorkloadStatus {
  private static final int MOST_VIOLATIONS = 32;

  /** How long before a hold ends it becomes somebody's task. */
  private static final Duration NOTICE = Duration.ofDays(7);

  private final Findings found;
  private final Instant now;

  private WorkloadStatus(Findings found, Instant now) {
    this.found = found;
    this.now = now;
  }

  /**
   * @param before the conditions that stand there, for the times at which they changed
   */
  public static VLLMDeploymentStatus of(
      Findings found, Map<String, Condition> before, Instant now) {
    return new WorkloadStatus(found, now).status(before);
  }

  private VLLMDeploymentStatus status(Map<String, Condition> before) {
    List<Said> said = new ArrayList<>();
    said.add(accepted());
    said.add(modelVerified());
    said.add(secretsResolved());
    said.add(networkIsolated());
    said.add(available());
    said.add(attested());
    Said ready = ready();
    said.add(ready);
    Optional<Said> stalled = stalled();
    stalled.ifPresent(said::add);
    if (stalled.isEmpty()) {
      reconciling(ready).ifPresent(said::add);
    }
    return new VLLMDeploymentStatus(
        found.generation(),
        Conditions.of(said, found.generation(), before, now),
        found.tenants().isEmpty()
            ? null
            : found.tenants().stream().filter(t -> t.wanted() > 0 && t.served()).count()
                + "/"
                + found.tenants().stream().filter(t -> t.wanted() > 0).count(),
        violations().stream()
            .limit(MOST_VIOLATIONS)
            .map(
                v ->
                    new StatusViolation(
                        v.rule().id(),
                        Conditions.cut(v.path(), 1024),
                        Conditions.cut(v.message(), 4096)))
            .toList(),
        found.tenants().stream().map(this::tenant).toList(),
        found.effective().orElse(null));
  }

  private List<Violation> violations() {
    return switch (found.standing()) {
      case Standing.Accepted ignored -> List.of();
      case Standing.Rejected r -> r.violations();
      case Standing.Held h -> h.violations();
      case Standing.Stopped s -> s.violations();
      case Standing.Frozen f -> f.violations();
    };
  }

  /** One line a violation, as every ring prints it. */
  private String lines() {
    return violations().stream().map(Violation::message).collect(Collectors.joining("\n"));
  }

  private Said accepted() {
    return switch (found.standing()) {
      case Standing.Accepted a -> {
        List<String> text = new ArrayList<>();
        a.waivers().forEach(w -> text.add(w.rule().id() + " is waived until " + w.until()));
        text.addAll(a.warnings());
        yield Said.yes(
            "Accepted",
            Reason.Accepted,
            text.isEmpty() ? "every rule holds" : String.join("\n", text));
      }
      case Standing.Rejected ignored -> Said.no("Accepted", Reason.Rejected, lines());
      case Standing.Held h ->
          Said.no(
              "Accepted",
              h.badEdit() ? Reason.HeldSpec : Reason.HeldPolicy,
              lines()
                  + "\nwhat was accepted goes on serving, held since "
                  + h.since()
                  + (h.badEdit()
                      ? ", until the specification is mended, at most until "
                      : ", until ")
                  + h.until());
      case Standing.Stopped s ->
          Said.no(
              "Accepted",
              s.content() ? Reason.ContentRefused : Reason.HoldEnded,
              lines() + "\nengines are stopped: " + String.join("; ", s.reasons()));
      case Standing.Frozen f ->
          Said.no(
              "Accepted",
              Reason.Frozen,
              lines()
                  + "\nthis operator does not accept what was accepted before either; "
                  + (f.untouched()
                      ? "its engines stay as they are until something of them is changed"
                      : "its objects were changed, so its engines are stopped"));
    };
  }

  private List<GuardState> guards() {
    return found.tenants().stream().flatMap(t -> t.guards().stream()).toList();
  }

  private boolean everyGuardAnswers() {
    return found.tenants().stream().anyMatch(t -> t.pods() > 0)
        && found.tenants().stream().allMatch(t -> t.guards().size() == t.pods());
  }

  private Said fromGuards(
      String type,
      List<String> faults,
      Reason bad,
      java.util.function.Function<GuardState, Optional<Boolean>> flag,
      Reason good,
      String goodText) {
    if (!faults.isEmpty()) {
      return Said.no(type, bad, String.join("\n", faults));
    }
    boolean all =
        everyGuardAnswers() && guards().stream().allMatch(g -> flag.apply(g).orElse(false));
    if (all) {
      return Said.yes(type, good, goodText);
    }
    return Said.unknown(
        type,
        Reason.NoGuardAnswers,
        // Not by the pods that are seen: they come and go while nothing is to be said anew.
        wantsNone()
            ? "no engine runs"
            : "not every guard has answered the operator yet; the pods' readiness follows the guards all the same");
  }

  private Said modelVerified() {
    return fromGuards(
        "ModelVerified",
        guards().stream()
            .filter(g -> g.verified().filter(ok -> !ok).isPresent())
            .map(GuardState::verificationFault)
            .distinct()
            .toList(),
        Reason.VerificationFailed,
        GuardState::verified,
        Reason.Verified,
        "every file has the digest that the catalogue lists");
  }

  private Said secretsResolved() {
    List<String> faults = new ArrayList<>();
    for (Tenant tenant : found.tenants()) {
      tenant
          .obstacle()
          .filter(o -> o.reason() == Reason.KeysMissing)
          .ifPresent(o -> faults.add("tenant " + tenant.name() + ": " + o.message()));
      tenant.guards().stream()
          .flatMap(g -> keyFault(g).stream())
          .distinct()
          .forEach(fault -> faults.add("tenant " + tenant.name() + ": " + fault));
    }
    return fromGuards(
        "SecretsResolved",
        faults,
        Reason.KeysMissing,
        g -> Optional.of(g.keyIds() > 0),
        Reason.KeysLoaded,
        "every tenant has keys");
  }

  private static Optional<String> keyFault(GuardState guard) {
    return guard.keyError().isPresent()
        ? guard.keyError()
        : guard.keyIds() == 0
            ? Optional.of("VLLM-501 the Secret with API keys is missing or empty")
            : Optional.empty();
  }

  private Said attested() {
    return fromGuards(
        "Attested",
        guards().stream()
            .filter(g -> g.attested().filter(ok -> !ok).isPresent())
            .flatMap(g -> g.attestationFaults().stream())
            .distinct()
            .toList(),
        Reason.AttestationFailed,
        GuardState::attested,
        Reason.Attested,
        "every engine reports the settings that were asked of it");
  }

  private Said networkIsolated() {
    Optional<Problem> fault = found.network().fault();
    if (fault.isPresent()) {
      return Said.no("NetworkIsolated", fault.get().reason(), fault.get().message());
    }
    if (guards().stream()
        .anyMatch(g -> g.egressBlocked().filter(blocked -> !blocked).isPresent())) {
      return Said.no(
          "NetworkIsolated",
          Reason.NotEnforced,
          "VLLM-509 a guard can reach the API server, so the cluster's network does not enforce NetworkPolicies; use a"
              + " network plug-in that does");
    }
    if (!found.network().inPlace()) {
      return Said.unknown(
          "NetworkIsolated", Reason.Starting, "the network policies are not in place yet");
    }
    return everyGuardAnswers() && guards().stream().allMatch(g -> g.egressBlocked().orElse(false))
        ? Said.yes("NetworkIsolated", Reason.Enforced, "the guards cannot reach the API server")
        : Said.yes("NetworkIsolated", Reason.Closed, "the network policies are in place");
  }

  private boolean wantsNone() {
    return found.tenants().stream().allMatch(t -> t.wanted() == 0);
  }

  private Said available() {
    if (found.tenants().isEmpty()) {
      return Said.no("Available", Reason.NotServed, "nothing was accepted");
    }
    List<String> down =
        found.tenants().stream()
            .filter(t -> t.wanted() > 0 && t.ready() == 0)
            .map(Tenant::name)
            .toList();
    if (wantsNone()) {
      return Said.no("Available", Reason.Suspended, "no engine is wanted");
    }
    return down.isEmpty()
        ? Said.yes("Available", Reason.Serving, "every tenant has an engine that serves")
        : Said.no("Available", Reason.NotServed, "not served: " + String.join(", ", down));
  }

  private Said ready() {
    if (found.standing() instanceof Standing.Rejected) {
      return Said.no("Ready", Reason.Rejected, "nothing is served, see Accepted");
    }
    if (found.standing() instanceof Standing.Stopped s) {
      return Said.no(
          "Ready",
          s.content() ? Reason.ContentRefused : Reason.HoldEnded,
          "engines are stopped, see Accepted");
    }
    if (found.standing() instanceof Standing.Frozen f && !f.untouched()) {
      return Said.no("Ready", Reason.Frozen, "engines are stopped, see Accepted");
    }
    if (found.tenants().isEmpty()) {
      return Said.no("Ready", Reason.Starting, "not looked at yet");
    }
    if (wantsNone() && found.onTarget()) {
      return Said.yes(
          "Ready",
          Reason.Suspended,
          found.suspended() ? "the workload is suspended" : "every tenant is parked");
    }
    long wanted = found.tenants().stream().filter(t -> t.wanted() > 0).count();
    long served = found.tenants().stream().filter(t -> t.wanted() > 0 && t.served()).count();
    String count = served + " of " + wanted + " tenants are served";
    if (served == wanted && found.onTarget()) {
      return Said.yes(
          "Ready",
          Reason.Serving,
          found.standing() instanceof Standing.Held
              ? count + " with what was accepted before"
              : count);
    }
    Reason reason =
        found.problems().stream()
            .map(Problem::reason)
            .findFirst()
            .or(() -> obstacles().map(Obstacle::reason).findFirst())
            .or(() -> found.progress().map(Findings.Progress::reason))
            .orElse(Reason.Starting);
    return Said.no("Ready", reason, count + details());
  }

  private java.util.stream.Stream<Obstacle> obstacles() {
    return found.tenants().stream().filter(t -> !t.served()).flatMap(t -> t.obstacle().stream());
  }

  private String details() {
    List<String> details = new ArrayList<>();
    found.problems().forEach(p -> details.add(p.message()));
    found.tenants().stream()
        .filter(t -> !t.served())
        .forEach(
            t ->
                t.obstacle()
                    .ifPresent(o -> details.add("tenant " + t.name() + ": " + o.message())));
    found.progress().ifPresent(p -> details.add(p.message()));
    return details.isEmpty()
        ? ""
        : "; " + details.stream().distinct().collect(Collectors.joining("; "));
  }

  private Optional<Said> stalled() {
    Optional<Said> refusal =
        switch (found.standing()) {
          case Standing.Accepted ignored -> Optional.empty();
          case Standing.Rejected ignored ->
              Optional.of(Said.yes("Stalled", Reason.Rejected, lines()));
          case Standing.Held h ->
              h.badEdit()
                  ? Optional.of(Said.yes("Stalled", Reason.HeldSpec, lines()))
                  : h.until().minus(NOTICE).isAfter(now)
                      ? Optional.empty()
                      : Optional.of(
                          Said.yes(
                              "Stalled",
                              Reason.HeldPolicy,
                              "engines stop at "
                                  + h.until()
                                  + " unless this is mended\n"
                                  + lines()));
          case Standing.Stopped s ->
              Optional.of(
                  Said.yes(
                      "Stalled",
                      s.content() ? Reason.ContentRefused : Reason.HoldEnded,
                      String.join("\n", s.reasons())));
          case Standing.Frozen ignored -> Optional.of(Said.yes("Stalled", Reason.Frozen, lines()));
        };
    if (refusal.isPresent()) {
      return refusal;
    }
    Optional<Said> problem =
        found.problems().stream()
            .filter(Problem::stalled)
            .findFirst()
            .map(p -> Said.yes("Stalled", p.reason(), p.message()));
    return problem.isPresent()
        ? problem
        : found.tenants().stream()
            .filter(t -> !t.served())
            .flatMap(
                t ->
                    t
                        .obstacle()
                        .filter(o -> !o.waiting())
                        .map(
                            o ->
                                Said.yes(
                                    "Stalled",
                                    o.reason(),
                                    "tenant " + t.name() + ": " + o.message()))
                        .stream())
            .findFirst();
  }

  private Optional<Said> reconciling(Said ready) {
    if (found.progress().isPresent()) {
      return Optional.of(
          Said.yes(
              "Reconciling", found.progress().get().reason(), found.progress().get().message()));
    }
    if (ready.status() != Condition.Status.True) {
      return Optional.of(Said.yes("Reconciling", ready.reason(), ready.message()));
    }
    return found.problems().stream()
        .findFirst()
        .map(p -> Said.yes("Reconciling", p.reason(), p.message()));
  }

  private VLLMDeploymentStatus.Tenant tenant(Tenant t) {
    List<String> generations =
        t.guards().stream().map(GuardState::keyGeneration).distinct().toList();
    List<String> messages = new ArrayList<>();
    t.obstacle().ifPresent(o -> messages.add(o.message()));
    t.note().ifPresent(messages::add);
    if (generations.size() > 1) {
      messages.add("not every guard has loaded the same keys yet");
    }
    if (t.ready() < t.wanted()) {
      t.guards().stream().flatMap(g -> g.reasons().stream()).distinct().forEach(messages::add);
    }
    boolean allAttested =
        t.pods() > 0
            && t.guards().size() == t.pods()
            && t.guards().stream().allMatch(g -> g.attested().isPresent());
    return new VLLMDeploymentStatus.Tenant(
        t.name(),
        t.url(),
        t.wanted(),
        t.ready(),
        t.guards().isEmpty()
            ? null
            : new VLLMDeploymentStatus.Keys(
                t.guards().stream().mapToInt(GuardState::keyIds).min().orElse(0),
                generations.size() == 1 && !generations.getFirst().isEmpty()
                    ? generations.getFirst()
                    : null),
        allAttested
            ? (Boolean) t.guards().stream().allMatch(g -> g.attested().orElse(false))
            : null,
        Conditions.cut(t.reachableFrom(), 1024),
        messages.isEmpty() ? null : Conditions.cut(String.join("; ", messages), 4096));
  }
}
