package dev.ringfence.reconcile;

import dev.ringfence.rules.ImageReference;
import dev.ringfence.rules.Policy;
import dev.ringfence.rules.Rule;
import dev.ringfence.rules.Verdict;
import dev.ringfence.rules.Verdict.Accepted;
import dev.ringfence.rules.Verdict.Rejected;
import dev.ringfence.rules.Violation;
import dev.ringfence.rules.Workload;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * What becomes of a workload, from what the rules say of it now and of what was accepted before.
 */
sealed interface Course {

  /** Acceptable: rendered as it is written. */
  record Run(Accepted verdict) implements Course {}

  /**
   * Not acceptable any more; what was accepted goes on serving for a while.
   *
   * @param accepted what was accepted
   * @param why what the rules say of the workload as it is now
   * @param badEdit whether the specification was edited badly; else the policy or the catalogue has
   *     changed
   * @param until when the engines stop
   */
  record Hold(
      Acceptance record,
      Accepted accepted,
      Rejected why,
      boolean badEdit,
      Instant since,
      Instant until)
      implements Course {}

  /**
   * Engines stop: no replica, everything else stays.
   *
   * @param accepted what was accepted
   * @param why what the rules say of the workload as it is now
   * @param content whether what serves is not trusted any more; else the hold has ended
   * @param reasons one line each
   */
  record Stop(
      Acceptance record, Accepted accepted, Rejected why, boolean content, List<String> reasons)
      implements Course {}

  /**
   * Neither is acceptable to this operator: children stay as they are until one is changed, then
   * the engines stop.
   */
  record Leave(Acceptance record, Rejected why) implements Course {}

  /** Never accepted: nothing is rendered. */
  record Refuse(Rejected why) implements Course {}

  /**
   * How to judge.
   *
   * @param asAccepted the record's inputs, under what was in force when they were accepted
   * @param today the record's workload, under what is in force now
   */
  record Judges(Function<Acceptance, Verdict> asAccepted, Function<Acceptance, Verdict> today) {}

  /**
   * @param now what the rules say of the workload as it is written, now
   * @param record what serves, if anything was accepted
   * @param policy the policy in force, for revoked images
   * @param hold how long what was accepted may go on
   */
  static Course decide(
      Verdict now,
      Optional<Acceptance> record,
      Judges judges,
      Optional<Policy> policy,
      Duration hold,
      Instant at) {
    if (now instanceof Accepted accepted) {
      return new Run(accepted);
    }
    Rejected rejected = (Rejected) now;
    if (record.isEmpty()) {
      return new Refuse(rejected);
    }
    Acceptance held = record.get();
    if (!(judges.asAccepted().apply(held) instanceof Accepted accepted)) {
      return new Leave(held, rejected);
    }
    Verdict today = judges.today().apply(held);
    List<String> content = contentFaults(accepted.workload(), today, policy);
    if (!content.isEmpty()) {
      return new Stop(held, accepted, rejected, true, content);
    }
    Instant since = held.heldSince().filter(then -> then.isBefore(at)).orElse(at);
    Instant until = since.plus(hold);
    if (!until.isAfter(at)) {
      return new Stop(
          held,
          accepted,
          rejected,
          false,
          List.of(
              "what was accepted was held since "
                  + since
                  + ", for as long as the policy's hold.days allow"));
    }
    return new Hold(held, accepted, rejected, today instanceof Accepted, since, until);
  }

  /**
   * Why what serves may not go on serving even for a while; empty when nothing speaks against it.
   */
  static List<String> contentFaults(Workload serving, Verdict today, Optional<Policy> policy) {
    List<String> faults =
        switch (today) {
          case Accepted ignored -> List.of();
          case Rejected rejected ->
              rejected.violations().stream()
                  .filter(v -> v.rule().stopsAtOnce())
                  .map(Violation::message)
                  .toList();
        };
    if (!faults.isEmpty()) {
      return faults;
    }
    Optional<ImageReference> image = ImageReference.parse(serving.engine().image());
    return policy.stream()
        .flatMap(p -> p.engine().images().stream())
        .filter(
            listed ->
                listed.revoked().isPresent() && image.filter(listed.image()::equals).isPresent())
        .map(
            listed ->
                Rule.VLLM_701.id()
                    + " the engine's image "
                    + listed.image()
                    + " is revoked: "
                    + listed.revoked().orElseThrow())
        .toList();
  }
}
