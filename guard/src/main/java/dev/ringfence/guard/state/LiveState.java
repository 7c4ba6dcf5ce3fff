package dev.ringfence.guard.state;

import dev.ringfence.guard.Rule;
import dev.ringfence.guard.json.Json;
import dev.ringfence.guard.keys.KeyRing;
import dev.ringfence.guard.policy.Contract;
import dev.ringfence.guard.policy.Limits;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Everything that threads of the guard tell each other: each view is immutable and exchanged as a
 * whole.
 */
public final class LiveState {
  private volatile PolicyView policy;
  private volatile KeysView keys = new KeysView(KeyRing.empty(), Optional.of("not read yet"), 0);
  private volatile EngineView engine = EngineView.unseen();
  private volatile VerificationView verification = VerificationView.notYet();
  private volatile Optional<Boolean> egressBlocked = Optional.empty();
  private volatile Optional<String> tlsError = Optional.empty();
  private volatile Drain drain = Drain.NONE;
  private final boolean verifies;
  private final boolean probesEgress;
  private final List<String> notDone;

  /**
   * @param verifies a model was named, so it has to be verified
   * @param probesEgress an address was named that must not be reachable
   * @param notDone what was left out by hand
   */
  public LiveState(
      PolicyView policy, boolean verifies, boolean probesEgress, List<String> notDone) {
    this.policy = policy;
    this.verifies = verifies;
    this.probesEgress = probesEgress;
    this.notDone = notDone;
  }

  public PolicyView policy() {
    return policy;
  }

  public void policy(PolicyView view) {
    policy = view;
  }

  public KeysView keys() {
    return keys;
  }

  public void keys(KeysView view) {
    keys = view;
  }

  public EngineView engine() {
    return engine;
  }

  public void engine(EngineView view) {
    engine = view;
  }

  public VerificationView verification() {
    return verification;
  }

  public void verification(VerificationView view) {
    verification = view;
  }

  public void egressBlocked(boolean blocked) {
    egressBlocked = Optional.of(blocked);
  }

  public void tlsError(Optional<String> error) {
    tlsError = error;
  }

  public Drain drain() {
    return drain;
  }

  public void drain(Drain value) {
    drain = value;
  }

  /** The limits that hold now. */
  public Limits.Values values() {
    return policy.document().limits().at(Instant.now());
  }

  /**
   * What keeps the engine from being told to start: a wrong cluster must cost seconds, not a model
   * load.
   */
  public List<Reason> beforeStart() {
    List<Reason> reasons = new ArrayList<>();
    KeysView k = keys;
    if (k.ring().opensNothing()) {
      reasons.add(
          new Reason(
              Rule.API_KEYS,
              k.error()
                  .map(e -> "the Secret of API keys cannot be used: " + e)
                  .orElse("the Secret of API keys is missing or holds no key")));
    }
    if (probesEgress && !egressBlocked.orElse(false)) {
      reasons.add(
          new Reason(
              Rule.NO_EGRESS,
              egressBlocked.isPresent()
                  ? "egress is open: an address outside answers; NetworkPolicies are not enforced here"
                  : "egress has not been probed yet"));
    }
    return reasons;
  }

  /** Why the guard is not ready; empty when it is. */
  public List<Reason> reasons() {
    List<Reason> reasons = beforeStart();
    VerificationView v = verification;
    if (verifies && !v.ok().orElse(false)) {
      reasons.add(
          v.ok().isEmpty()
              ? new Reason(Rule.FILE_DIGESTS, "the model has not been verified yet")
              : new Reason(
                  v.rule() == null ? Rule.FILE_DIGESTS : v.rule(),
                  "the model is refused: " + v.file() + " " + v.message()));
    }
    EngineView e = engine;
    Contract contract = policy.document().contract();
    if (!e.healthy()) {
      reasons.add(new Reason(Rule.THROUGH_GUARD, "the engine is not healthy"));
    } else if (e.attested().isEmpty()) {
      reasons.add(new Reason(Rule.THROUGH_GUARD, "the engine has not been attested yet"));
    } else if (!e.attested().get().ok()) {
      for (EngineView.Check c : e.attested().get().checks()) {
        if (!c.ok()) {
          reasons.add(
              new Reason(
                  c.rule(),
                  "the engine reports "
                      + c.what()
                      + " "
                      + c.got()
                      + ", the contract wants "
                      + c.want()));
        }
      }
    } else if (!contract.smokeTests().isEmpty()) {
      if (e.smoke().isEmpty()) {
        reasons.add(new Reason(Rule.SMOKE_TEST, "the smoke test has not been passed yet"));
      } else if (!e.smoke().get().ok()) {
        reasons.add(
            new Reason(Rule.SMOKE_TEST, "the smoke test failed: " + e.smoke().get().message()));
      }
    }
    if (drain != Drain.NONE) {
      reasons.add(new Reason(Rule.THROUGH_GUARD, "draining"));
    }
    return reasons;
  }

  /** Whether requests may be served: ready, or drained but still in its grace. */
  public boolean serves() {
    List<Reason> reasons = reasons();
    return reasons.isEmpty()
        || (drain == Drain.GRACE
            && reasons.size() == 1
            && reasons.getFirst().message().equals("draining"));
  }

  /** The page /state. */
  public Json.Obj page() {
    List<Reason> reasons = reasons();
    PolicyView p = policy;
    KeysView k = keys;
    EngineView e = engine;
    VerificationView v = verification;
    Json.Obj page = new Json.Obj();
    page.put("ready", reasons.isEmpty());
    page.put(
        "reasons",
        new Json.Arr(
            reasons.stream()
                .map(
                    r ->
                        (Json)
                            new Json.Obj().put("rule", r.rule().id()).put("message", r.message()))
                .toList()));
    page.put("contract", p.document().contractDigest());
    page.put("limits", limits(p));
    page.put(
        "keys",
        new Json.Obj()
            .put(
                "ids",
                new Json.Arr(
                    k.ring().ids().stream().map(id -> (Json) new Json.Str(id.name())).toList()))
            .put("generation", k.ring().generation())
            .put("error", orNull(k.error())));
    page.put("engine", new Json.Obj().put("healthy", e.healthy()).put("starts", e.starts()));
    page.put(
        "attestation",
        new Json.Obj()
            .put("ok", e.attested().map(a -> bool(a.ok())).orElse(Json.Null.NULL))
            .put(
                "checks",
                new Json.Arr(
                    e.attested().map(EngineView.Attestation::checks).orElse(List.of()).stream()
                        .map(
                            c ->
                                (Json)
                                    new Json.Obj()
                                        .put("what", c.what())
                                        .put("rule", c.rule().id())
                                        .put("want", c.want())
                                        .put("got", c.got()))
                        .toList())));
    page.put(
        "smokeTest",
        new Json.Obj()
            .put("ok", e.smoke().map(s -> bool(s.ok())).orElse(Json.Null.NULL))
            .put(
                "at",
                e.smoke()
                    .map(
                        s -> (Json) new Json.Str(s.at().truncatedTo(ChronoUnit.SECONDS).toString()))
                    .orElse(Json.Null.NULL)));
    page.put(
        "egress",
        new Json.Obj().put("blocked", egressBlocked.map(LiveState::bool).orElse(Json.Null.NULL)));
    page.put(
        "verification",
        new Json.Obj()
            .put("ok", v.ok().map(LiveState::bool).orElse(Json.Null.NULL))
            .put("file", v.file() == null ? Json.Null.NULL : new Json.Str(v.file()))
            .put("rule", v.rule() == null ? Json.Null.NULL : new Json.Str(v.rule().id())));
    page.put("draining", drain != Drain.NONE);
    List<String> missing = new ArrayList<>(notDone);
    tlsError.ifPresent(
        error -> missing.add("the certificate that lies there is not in use: " + error));
    page.put("notDone", new Json.Arr(missing.stream().map(t -> (Json) new Json.Str(t)).toList()));
    return page;
  }

  private static Json.Obj limits(PolicyView p) {
    Limits limits = p.document().limits();
    Limits.Values values = limits.at(Instant.now());
    return new Json.Obj()
        .put("digest", p.document().limitsDigest())
        .put("error", orNull(p.error()))
        .put("overrideEnded", limits.notAfter().isPresent() && !values.equals(limits.values()))
        .put("replicas", limits.replicas())
        .put("maxPromptCharacters", values.maxPromptCharacters())
        .put("maxOutputTokens", values.maxOutputTokens())
        .put("requestsPerMinute", values.requestsPerMinute())
        .put("tokensPerMinute", values.tokensPerMinute())
        .put("maxConcurrentRequests", values.maxConcurrentRequests())
        .put("denyPatternsMode", values.denyPatternsMode().label());
  }

  private static Json orNull(Optional<String> text) {
    return text.<Json>map(Json.Str::new).orElse(Json.Null.NULL);
  }

  private static Json bool(boolean value) {
    return value ? Json.Bool.TRUE : Json.Bool.FALSE;
  }
}
