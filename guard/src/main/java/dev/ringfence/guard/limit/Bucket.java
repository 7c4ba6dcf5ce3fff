package dev.ringfence.guard.limit;

/** A bucket that holds one minute's worth and refills evenly. Not for use by several threads. */
public final class Bucket {
  private static final double NANOS_PER_MINUTE = 60e9;

  private double level;
  private int capacity;
  private long at;

  /** A full bucket. */
  public Bucket(int capacity, long now) {
    this.capacity = capacity;
    this.level = capacity;
    this.at = now;
  }

  /** Refills up to now (nanoseconds); another capacity fills nothing up. */
  private void settle(int perMinute, long now) {
    level = Math.min(capacity, level + (now - at) / NANOS_PER_MINUTE * capacity);
    at = now;
    capacity = perMinute;
    level = Math.min(level, capacity);
  }

  /** Takes so much, if it is there. */
  public boolean take(long amount, int perMinute, long now) {
    settle(perMinute, now);
    // What was refilled over exactly a period must not fail by rounding.
    if (level + 1e-6 < amount) {
      return false;
    }
    level -= amount;
    return true;
  }

  /**
   * Gives back what was taken and not used; a negative amount takes more, below zero if need be.
   */
  public void give(long amount, int perMinute, long now) {
    settle(perMinute, now);
    level = Math.min(capacity, level + amount);
  }

  public long remaining(int perMinute, long now) {
    settle(perMinute, now);
    return Math.max(0, (long) Math.floor(level + 1e-6));
  }

  /** Milliseconds until it holds so much, or until it is full if it never holds so much. */
  public long millisUntil(long amount, int perMinute, long now) {
    settle(perMinute, now);
    double missing = Math.min(amount, capacity) - level;
    return missing <= 0 ? 0 : (long) Math.ceil(missing / capacity * 60_000);
  }

  /** Whether it is as good as a new one. */
  public boolean full(long now) {
    settle(capacity, now);
    return level >= capacity;
  }
}
