package dev.ringfence.reconcile;

import java.time.Duration;
import java.time.Instant;

/**
 * When to look again though nothing has happened: the earliest of all that will have to be looked
 * at.
 */
final class Wakeups {
  private static final Duration SOONEST = Duration.ofMillis(50);

  private final Instant now;
  private Instant next;

  Wakeups(Instant now, Duration latest) {
    this.now = now;
    this.next = now.plus(latest);
  }

  /** What is over already needs no look. */
  void at(Instant time) {
    if (time.isAfter(now) && time.isBefore(next)) {
      next = time;
    }
  }

  void soon() {
    next = now;
  }

  Duration next() {
    Duration wait = Duration.between(now, next);
    return wait.compareTo(SOONEST) < 0 ? SOONEST : wait;
  }
}
