package dev.ringfence.status;

import dev.ringfence.api.v1alpha1.VLLMDeploymentStatus.Effective;
import dev.ringfence.events.Reason;
import dev.ringfence.rules.Surroundings.WaiverInForce;
import dev.ringfence.rules.Violation;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What a reconcile has found of a workload; its status is made of this and nothing else.
 *
 * @param generation of the object
 * @param standing what the rules say
 * @param suspended whether no engine is wanted at all
 * @param onTarget whether every engine is rendered from this generation
 * @param tenants in the order of the specification
 * @param problems what stands in the way
 * @param progress what is going on; empty when nothing is left to do
 * @param network who else can reach the engines
 * @param effective what the defaults came to
 */
public record Findings(
    long generation,
    Standing standing,
    boolean suspended,
    boolean onTarget,
    List<Tenant> tenants,
    List<Problem> problems,
    Optional<Progress> progress,
    Network network,
    Optional<Effective> effective) {

  /** Of a workload of which nothing is on the cluster. */
  public static Findings nothing(long generation, Standing standing) {
    return new Findings(
        generation,
        standing,
        false,
        false,
        List.of(),
        List.of(),
        Optional.empty(),
        new Network(false, Optional.empty()),
        Optional.empty());
  }

  /** The same, and this stands in the way. */
  public Findings with(Problem problem) {
    return new Findings(
        generation,
        standing,
        suspended,
        onTarget,
        tenants,
        Stream.concat(problems.stream(), Stream.of(problem)).toList(),
        progress,
        network,
        effective);
  }

  /** What the rules say. */
  public sealed interface Standing {
    record Accepted(List<String> warnings, List<WaiverInForce> waivers) implements Standing {}

    record Rejected(List<Violation> violations) implements Standing {}

    /**
     * @param badEdit whether the specification was edited badly; else the policy has changed
     */
    record Held(List<Violation> violations, boolean badEdit, Instant since, Instant until)
        implements Standing {}

    /**
     * @param content whether what serves is not trusted; else the hold has ended
     */
    record Stopped(List<Violation> violations, boolean content, List<String> reasons)
        implements Standing {}

    /**
     * @param untouched whether the children are still as they were
     */
    record Frozen(List<Violation> violations, boolean untouched) implements Standing {}
  }

  /**
   * One tenant.
   *
   * @param wanted how many engines there are to be
   * @param ready how many serve, rendered as they are to be or as they were
   * @param guards what their guards say; fewer than there are pods when some do not answer
   * @param pods how many pods there are
   * @param obstacle what keeps it from being served
   */
  public record Tenant(
      String name,
      String url,
      String reachableFrom,
      int wanted,
      int ready,
      List<GuardState> guards,
      int pods,
      Optional<Obstacle> obstacle,
      Optional<String> note) {
    boolean served() {
      return ready >= wanted;
    }
  }

  /**
   * What keeps an engine from serving.
   *
   * @param waiting whether it may pass by itself or by somebody else's doing; else the engine is at
   *     fault
   */
  public record Obstacle(Reason reason, String message, boolean waiting) {}

  /**
   * What stands in the way of the whole workload.
   *
   * @param stalled whether somebody must do something
   */
  public record Problem(Reason reason, String message, boolean stalled) {}

  public record Progress(Reason reason, String message) {}

  /**
   * @param inPlace whether our own policies are there
   * @param fault what opens the engines all the same
   */
  public record Network(boolean inPlace, Optional<Problem> fault) {}
}
