package dev.ringfence.rules;

import dev.ringfence.rules.Surroundings.WaiverInForce;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** What the rules say of a workload. */
public sealed interface Verdict {
  /** Advice, one line each. */
  List<String> warnings();

  /**
   * @param nextEnd when an override or waiver that this rests on ends first; judge again then
   */
  record Accepted(
      Workload workload,
      List<String> warnings,
      List<WaiverInForce> waivers,
      Optional<Instant> nextEnd)
      implements Verdict {}

  /**
   * @param violations all of them, sorted by path; never empty
   */
  record Rejected(List<Violation> violations, List<String> warnings) implements Verdict {}
}
