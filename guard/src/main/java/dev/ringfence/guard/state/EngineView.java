package dev.ringfence.guard.state;

import dev.ringfence.guard.Rule;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * The engine as it was seen last.
 *
 * @param starts how many engines were seen, one after another
 * @param attested empty until it was asked
 * @param smoke empty until it was tested
 */
public record EngineView(
    boolean healthy, int starts, Optional<Attestation> attested, Optional<SmokeResult> smoke) {

  /** One comparison of what the engine says of itself. */
  public record Check(String what, Rule rule, String want, String got) {
    public boolean ok() {
      return want.equals(got);
    }
  }

  /** All comparisons of one look. */
  public record Attestation(List<Check> checks) {
    public boolean ok() {
      return checks.stream().allMatch(Check::ok);
    }
  }

  /** The outcome of the smoke test, without a word of the engine's answer. */
  public record SmokeResult(boolean ok, Instant at, String message) {}

  public static EngineView unseen() {
    return new EngineView(false, 0, Optional.empty(), Optional.empty());
  }
}
