package dev.ringfence.reconcile;

import dev.ringfence.reconcile.Acceptance.Proof;
import dev.ringfence.reconcile.Acceptance.Restart;
import java.util.Map;
import java.util.Optional;

/**
 * Decides for one tenant whether its engines may follow the target at once, must wait for their
 * turn, or stay. Pure.
 */
sealed interface Restarts {
  /** Rendering the target restarts nothing that serves. */
  record Follow() implements Restarts {}

  /**
   * Rendering the target starts engines with another pod template than was noted; note it, then
   * follow.
   */
  record Start() implements Restarts {}

  /** Rendering the target restarts engines that serve: ask for a turn. */
  record Ask() implements Restarts {}

  /**
   * @param target digest of the pod template that is wanted
   * @param wanted how many engines are wanted
   * @param live how many engines there are to be now
   * @param marks what was restarted since the last record that was Ready
   * @param proof of the last record that was Ready; empty before the first time
   * @param trusted whether what serves may go on serving
   */
  static Restarts decide(
      String tenant,
      String target,
      int wanted,
      int live,
      boolean settled,
      Map<String, Restart> marks,
      Optional<Proof> proof,
      boolean trusted) {
    Optional<String> known = known(tenant, marks, proof);
    if (known.isEmpty() || known.get().equals(target)) {
      // Never Ready before, or as it is already.
      return new Follow();
    }
    if (wanted == 0) {
      return new Follow();
    }
    if (live == 0 || !trusted) {
      return new Start();
    }
    if (marks.containsKey(tenant) && !settled) {
      // Its last restart has not got ready: there is nothing to lose.
      return new Start();
    }
    return new Ask();
  }

  /** The pod template that the tenant's engines have, as far as the records tell. */
  static Optional<String> known(String tenant, Map<String, Restart> marks, Optional<Proof> proof) {
    Restart mark = marks.get(tenant);
    return mark != null
        ? Optional.of(mark.template())
        : proof.flatMap(p -> Optional.ofNullable(p.templates().get(tenant)));
  }
}
