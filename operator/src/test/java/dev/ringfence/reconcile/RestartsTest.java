package dev.ringfence.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ringfence.reconcile.Acceptance.Proof;
import dev.ringfence.reconcile.Acceptance.Restart;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class RestartsTest {
  private static final Instant THEN = Instant.parse("2026-11-25T12:00:00Z");

  /** Templates: what is wanted is {@code new}; a dash is none. */
  @ParameterizedTest(name = "{0}")
  @CsvSource({
    "never Ready and never restarted,        -,   -,   1, 1, true,  true,  Follow",
    "Ready with the same,                    -,   new, 1, 1, true,  true,  Follow",
    "Ready with another and serving,         -,   old, 1, 1, true,  true,  Ask",
    "serving and out of order by itself,     -,   old, 1, 1, false, true,  Ask",
    "parked before and to be parked,         -,   old, 0, 0, true,  true,  Follow",
    "serving and to be parked,               -,   old, 0, 1, true,  true,  Follow",
    "parked before and to serve,             -,   old, 1, 0, true,  true,  Start",
    "what serves is not trusted,             -,   old, 1, 1, true,  false, Start",
    "restarted with the same,                new, old, 1, 1, false, true,  Follow",
    "restarted with a third and not ready,   mid, old, 1, 1, false, true,  Start",
    "restarted with a third and ready,       mid, old, 1, 1, true,  true,  Ask",
    "went back and wants to go on,           old, old, 1, 1, true,  true,  Ask",
  })
  void oneTenant(
      String name,
      String mark,
      String proven,
      int wanted,
      int live,
      boolean settled,
      boolean trusted,
      String expected) {
    Map<String, Restart> marks =
        mark.equals("-") ? Map.of() : Map.of("acme", new Restart(THEN, mark, "cause"));
    Optional<Proof> proof =
        proven.equals("-")
            ? Optional.empty()
            : Optional.of(new Proof(THEN, "cause", Map.of("acme", proven), Map.of()));
    assertThat(Restarts.decide("acme", "new", wanted, live, settled, marks, proof, trusted))
        .extracting(decision -> decision.getClass().getSimpleName())
        .isEqualTo(expected);
  }
}
