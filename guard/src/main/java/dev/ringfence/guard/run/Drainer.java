package dev.ringfence.guard.run;

import dev.ringfence.guard.state.Drain;
import dev.ringfence.guard.state.LiveState;
import java.util.function.IntSupplier;

/**
 * Moves a drain along: five seconds of grace while endpoints change, then nothing new, until
 * nothing is in flight or time is over.
 */
final class Drainer {
  private static final long GRACE = 5_000_000_000L;

  private final LiveState live;
  private final IntSupplier inFlight;
  private long began;

  Drainer(LiveState live, IntSupplier inFlight) {
    this.live = live;
    this.inFlight = inFlight;
  }

  void begin() {
    if (live.drain() == Drain.NONE) {
      began = System.nanoTime();
      live.drain(Drain.GRACE);
    }
  }

  void cancel() {
    live.drain(Drain.NONE);
  }

  /** Looks at the clock; where the drain stands. */
  Drain tick() {
    Drain now = live.drain();
    if (now == Drain.NONE || now == Drain.DRAINED) {
      return now;
    }
    long passed = System.nanoTime() - began;
    long most = live.policy().document().contract().drainSeconds() * 1_000_000_000L;
    if (passed >= most || (passed >= GRACE && now == Drain.REFUSING && inFlight.getAsInt() == 0)) {
      live.drain(Drain.DRAINED);
    } else if (passed >= GRACE) {
      live.drain(Drain.REFUSING);
    }
    return live.drain();
  }
}
