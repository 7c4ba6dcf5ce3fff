package dev.ringfence.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

final class DriftLedgerTest {
  private static final Instant START = Instant.parse("2026-11-25T12:00:00Z");
  private final DriftLedger ledger = new DriftLedger();

  private boolean repair(int minute) {
    Instant now = START.plus(Duration.ofMinutes(minute));
    boolean may = !ledger.exhausted("child", now);
    if (may) {
      ledger.repaired("child", now);
    }
    return may;
  }

  @Test
  void threeTimesInTenMinutesAndNotAFourth() {
    assertThat(repair(0)).isTrue();
    assertThat(repair(1)).isTrue();
    assertThat(repair(9)).isTrue();
    assertThat(repair(9)).isFalse();
    assertThat(ledger.peace("child", START.plus(Duration.ofMinutes(9))))
        .isEqualTo(START.plus(Duration.ofMinutes(10)));
    assertThat(repair(10)).as("the first is ten minutes old").isTrue();
    assertThat(repair(10)).isFalse();
  }

  @Test
  void othersAreNotConcerned() {
    repair(0);
    repair(0);
    repair(0);
    assertThat(ledger.exhausted("another", START)).isFalse();
    ledger.forget("child");
    assertThat(repair(0)).isTrue();
  }
}
