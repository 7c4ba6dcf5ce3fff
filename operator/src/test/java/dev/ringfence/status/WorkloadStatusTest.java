package dev.ringfence.status;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ringfence.api.v1alpha1.Condition;
import dev.ringfence.api.v1alpha1.VLLMDeploymentStatus;
import dev.ringfence.events.Reason;
import dev.ringfence.rules.Kind;
import dev.ringfence.rules.Rule;
import dev.ringfence.rules.Surroundings.WaiverInForce;
import dev.ringfence.rules.Violation;
import dev.ringfence.status.Findings.Network;
import dev.ringfence.status.Findings.Obstacle;
import dev.ringfence.status.Findings.Problem;
import dev.ringfence.status.Findings.Progress;
import dev.ringfence.status.Findings.Standing;
import dev.ringfence.status.Findings.Tenant;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class WorkloadStatusTest {
  private static final Instant NOW = Instant.parse("2026-11-29T12:00:00Z");
  private static final Violation FAULT =
      new Violation(
          "spec.engine.maxModelLen",
          Kind.INVALID,
          Optional.of("8192"),
          Rule.VLLM_206,
          "must be at most 4096; lower it");
  private static final Network CLOSED = new Network(true, Optional.empty());
  private static final Standing GOOD = new Standing.Accepted(List.of(), List.of());

  private static Tenant tenant(String name, int wanted, int ready, Obstacle... obstacle) {
    return new Tenant(
        name,
        "http://" + name,
        "nobody",
        wanted,
        ready,
        List.of(),
        ready,
        obstacle.length == 0 ? Optional.empty() : Optional.of(obstacle[0]),
        Optional.empty());
  }

  private static Findings found(
      Standing standing, List<Tenant> tenants, List<Problem> problems, Progress... progress) {
    return new Findings(
        7,
        standing,
        false,
        progress.length == 0 && problems.isEmpty(),
        tenants,
        problems,
        progress.length == 0 ? Optional.empty() : Optional.of(progress[0]),
        CLOSED,
        Optional.empty());
  }

  private static VLLMDeploymentStatus status(Findings found) {
    return WorkloadStatus.of(found, Map.of(), NOW);
  }

  private static Map<String, String> said(Findings found) {
    return status(found).conditions().stream()
        .collect(Collectors.toMap(Condition::type, c -> c.status() + "/" + c.reason()));
  }

  private static String message(Findings found, String type) {
    return status(found).conditions().stream()
        .filter(c -> c.type().equals(type))
        .findFirst()
        .orElseThrow()
        .message();
  }

  @Test
  void servedAndNothingLeftToDo() {
    Findings found = found(GOOD, List.of(tenant("a", 1, 1), tenant("b", 2, 2)), List.of());
    assertThat(said(found))
        .containsEntry("Accepted", "True/Accepted")
        .containsEntry("Available", "True/Serving")
        .containsEntry("Ready", "True/Serving")
        .containsEntry("NetworkIsolated", "True/Closed")
        .containsEntry("Attested", "Unknown/NoGuardAnswers")
        .doesNotContainKeys("Reconciling", "Stalled");
    assertThat(status(found).readyTenants()).isEqualTo("2/2");
    assertThat(status(found).observedGeneration()).isEqualTo(7L);
  }

  @Test
  void waitingForANodeIsReconcilingAndNeverStalled() {
    Obstacle obstacle = new Obstacle(Reason.WaitingForNode, "no node takes the engine: x", true);
    Findings found =
        found(GOOD, List.of(tenant("a", 1, 1), tenant("b", 1, 0, obstacle)), List.of());
    assertThat(said(found))
        .containsEntry("Available", "False/NotServed")
        .containsEntry("Ready", "False/WaitingForNode")
        .containsEntry("Reconciling", "True/WaitingForNode")
        .doesNotContainKey("Stalled");
    assertThat(message(found, "Ready"))
        .isEqualTo("1 of 2 tenants are served; tenant b: no node takes the engine: x");
  }

  @Test
  void anEngineAtFaultIsStalledAndNotReconciling() {
    Obstacle obstacle = new Obstacle(Reason.EngineFailed, "raise resources.memory", false);
    Findings found = found(GOOD, List.of(tenant("a", 1, 0, obstacle)), List.of());
    assertThat(said(found))
        .containsEntry("Stalled", "True/EngineFailed")
        .doesNotContainKey("Reconciling");
    assertThat(message(found, "Stalled")).isEqualTo("tenant a: raise resources.memory");
  }

  @Test
  void aRejectionHasOneLineAViolationAndSaysTheSameTwice() {
    Violation other =
        new Violation(
            "spec.tenants", Kind.REQUIRED, Optional.empty(), Rule.VLLM_102, "must be set");
    Findings found = found(new Standing.Rejected(List.of(FAULT, other)), List.of(), List.of());
    String lines =
        "spec.engine.maxModelLen: Invalid value: 8192: VLLM-206 must be at most 4096; lower it\n"
            + "spec.tenants: Required value: VLLM-102 must be set";
    assertThat(message(found, "Accepted")).isEqualTo(lines);
    assertThat(message(found, "Stalled")).isEqualTo(lines);
    assertThat(said(found))
        .containsEntry("Ready", "False/Rejected")
        .containsEntry("Available", "False/NotServed");
    assertThat(status(found).violations())
        .extracting(v -> v.rule() + " " + v.path())
        .containsExactly("VLLM-206 spec.engine.maxModelLen", "VLLM-102 spec.tenants");
  }

  @Test
  void atMostThirtyTwoViolationsAreListedAndAllAreSaid() {
    List<Violation> many =
        IntStream.range(0, 40)
            .mapToObj(
                i ->
                    new Violation(
                        "spec.tenants[" + i + "]",
                        Kind.REQUIRED,
                        Optional.empty(),
                        Rule.VLLM_102,
                        "x"))
            .toList();
    Findings found = found(new Standing.Rejected(many), List.of(), List.of());
    assertThat(status(found).violations()).hasSize(32);
    assertThat(message(found, "Accepted").lines()).hasSize(40);
  }

  @Test
  void heldByABadEditIsStalledAndStillReady() {
    Standing held = new Standing.Held(List.of(FAULT), true, NOW, NOW.plus(Duration.ofDays(30)));
    Findings found = found(held, List.of(tenant("a", 1, 1)), List.of());
    assertThat(said(found))
        .containsEntry("Accepted", "False/HeldSpec")
        .containsEntry("Stalled", "True/HeldSpec")
        .containsEntry("Ready", "True/Serving");
    assertThat(message(found, "Ready"))
        .isEqualTo("1 of 1 tenants are served with what was accepted before");
    assertThat(message(found, "Accepted")).contains("until the specification is mended");
  }

  @Test
  void heldByATightenedPolicyIsStalledInTheLastSevenDaysOnly() {
    Standing early =
        new Standing.Held(List.of(FAULT), false, NOW, NOW.plus(Duration.ofDays(7)).plusSeconds(1));
    Standing late = new Standing.Held(List.of(FAULT), false, NOW, NOW.plus(Duration.ofDays(7)));
    assertThat(said(found(early, List.of(tenant("a", 1, 1)), List.of())))
        .containsEntry("Accepted", "False/HeldPolicy")
        .containsEntry("Ready", "True/Serving")
        .doesNotContainKey("Stalled");
    assertThat(said(found(late, List.of(tenant("a", 1, 1)), List.of())))
        .containsEntry("Stalled", "True/HeldPolicy");
  }

  @Test
  void stoppedAndFrozenAreNotReady() {
    assertThat(
            said(
                found(
                    new Standing.Stopped(List.of(FAULT), true, List.of("VLLM-408 x")),
                    List.of(tenant("a", 0, 0)),
                    List.of())))
        .containsEntry("Accepted", "False/ContentRefused")
        .containsEntry("Ready", "False/ContentRefused")
        .containsEntry("Stalled", "True/ContentRefused");
    assertThat(
            said(
                found(
                    new Standing.Stopped(List.of(FAULT), false, List.of("held")),
                    List.of(tenant("a", 0, 0)),
                    List.of())))
        .containsEntry("Ready", "False/HoldEnded");
    assertThat(said(found(new Standing.Frozen(List.of(FAULT), false), List.of(), List.of())))
        .containsEntry("Ready", "False/Frozen")
        .containsEntry("Stalled", "True/Frozen");
  }

  @Test
  void parkedOrSuspendedIsReady() {
    Findings parked = found(GOOD, List.of(tenant("a", 0, 0)), List.of());
    assertThat(said(parked))
        .containsEntry("Ready", "True/Suspended")
        .containsEntry("Available", "False/Suspended")
        .doesNotContainKeys("Reconciling", "Stalled");
    assertThat(message(parked, "Ready")).isEqualTo("every tenant is parked");
    assertThat(status(parked).readyTenants()).isEqualTo("0/0");
  }

  @Test
  void aPodThatIsSeenLateIsNoNews() {
    Tenant unseen =
        new Tenant(
            "a", "http://a", "nobody", 1, 1, List.of(), 0, Optional.empty(), Optional.empty());
    assertThat(status(found(GOOD, List.of(unseen), List.of())))
        .isEqualTo(status(found(GOOD, List.of(tenant("a", 1, 1)), List.of())));
  }

  @Test
  void waiversAndWarningsAreSaidWhereItIsAccepted() {
    Standing waived =
        new Standing.Accepted(
            List.of("ReadWriteOnce"),
            List.of(new WaiverInForce(Rule.VLLM_707, Instant.parse("2026-12-01T00:00:00Z"))));
    assertThat(message(found(waived, List.of(tenant("a", 1, 1)), List.of()), "Accepted"))
        .isEqualTo("VLLM-707 is waived until 2026-12-01T00:00:00Z\nReadWriteOnce");
  }

  @Test
  void theTimeOfAConditionChangesWithItsStatusOnly() {
    Condition before =
        new Condition(
            "Ready",
            Condition.Status.True,
            1L,
            "2026-01-01T00:00:00Z",
            "Serving",
            "another message");
    Findings served = found(GOOD, List.of(tenant("a", 1, 1)), List.of());
    assertThat(
            WorkloadStatus.of(served, Map.of("Ready", before), NOW).conditions().stream()
                .filter(c -> c.type().equals("Ready"))
                .map(Condition::lastTransitionTime))
        .containsExactly("2026-01-01T00:00:00Z");
    Findings down = found(GOOD, List.of(tenant("a", 1, 0)), List.of());
    assertThat(
            WorkloadStatus.of(down, Map.of("Ready", before), NOW).conditions().stream()
                .filter(c -> c.type().equals("Ready"))
                .map(Condition::lastTransitionTime))
        .containsExactly("2026-11-29T12:00:00Z");
  }

  /** Every standing with every state of engines, problems and progress. */
  static List<Findings> everything() {
    List<Findings> all = new ArrayList<>();
    Instant until = NOW.plus(Duration.ofDays(3));
    for (Standing standing :
        List.of(
            GOOD,
            new Standing.Rejected(List.of(FAULT)),
            new Standing.Held(List.of(FAULT), true, NOW, until),
            new Standing.Held(List.of(FAULT), false, NOW, NOW.plus(Duration.ofDays(20))),
            new Standing.Stopped(List.of(FAULT), true, List.of("x")),
            new Standing.Frozen(List.of(FAULT), true),
            new Standing.Frozen(List.of(FAULT), false))) {
      for (List<Tenant> tenants :
          List.of(
              List.<Tenant>of(),
              List.of(tenant("a", 1, 1)),
              List.of(tenant("a", 1, 0)),
              List.of(tenant("a", 1, 0, new Obstacle(Reason.WaitingForNode, "w", true))),
              List.of(tenant("a", 1, 0, new Obstacle(Reason.EngineFailed, "f", false))))) {
        for (List<Problem> problems :
            List.of(
                List.<Problem>of(),
                List.of(new Problem(Reason.ForeignObject, "p", true)),
                List.of(new Problem(Reason.WaitingForQuota, "q", false)))) {
          all.add(found(standing, tenants, problems));
          all.add(found(standing, tenants, problems, new Progress(Reason.RollingOut, "r")));
        }
      }
    }
    return all;
  }

  @ParameterizedTest
  @MethodSource("everything")
  void kstatusFindsOneAnswer(Findings found) {
    Map<String, String> said = said(found);
    assertThat(said.containsKey("Stalled") && said.containsKey("Reconciling"))
        .as("never both: %s", said)
        .isFalse();
    if (!said.getOrDefault("Ready", "").startsWith("True")) {
      assertThat(said.containsKey("Stalled") || said.containsKey("Reconciling"))
          .as("not Ready and nobody says why: %s", said)
          .isTrue();
    }
    assertThat(status(found).conditions())
        .allSatisfy(
            c -> {
              assertThat(c.message()).isNotBlank();
              assertThat(c.observedGeneration()).isEqualTo(7L);
            })
        .extracting(Condition::type)
        .doesNotHaveDuplicates();
  }
}
