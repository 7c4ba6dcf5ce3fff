package dev.ringfence.reconcile;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;

/**
 * How often each child was put back lately. After three times in ten minutes a child is left as it
 * is until the ten minutes are over: two programs that undo each other's work for ever help nobody.
 */
final class DriftLedger {
  static final int MOST = 3;
  static final Duration WINDOW = Duration.ofMinutes(10);

  private final Map<String, Deque<Instant>> times = new HashMap<>();

  /** Whether the child was put back so often that it is left alone now. */
  synchronized boolean exhausted(String child, Instant now) {
    return recent(child, now).size() >= MOST;
  }

  /** Notes that the child was put back; an attempt that came to nothing does not count. */
  synchronized void repaired(String child, Instant now) {
    recent(child, now).addLast(now);
  }

  /** When the child may be put back again. */
  synchronized Instant peace(String child, Instant now) {
    Deque<Instant> past = recent(child, now);
    return past.size() < MOST ? now : past.getFirst().plus(WINDOW);
  }

  synchronized void forget(String child) {
    times.remove(child);
  }

  private Deque<Instant> recent(String child, Instant now) {
    Deque<Instant> past = times.computeIfAbsent(child, key -> new ArrayDeque<>());
    while (!past.isEmpty() && !past.getFirst().plus(WINDOW).isAfter(now)) {
      past.removeFirst();
    }
    return past;
  }
}
