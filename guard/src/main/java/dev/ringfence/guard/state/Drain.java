package dev.ringfence.guard.state;

/** Where a drain stands. */
public enum Drain {
  /** Serving. */
  NONE,
  /** Unready; requests are still served, each connection once more, while endpoints change. */
  GRACE,
  /** New requests are refused; what is in flight goes on. */
  REFUSING,
  /** Nothing is in flight, or the time is over. */
  DRAINED
}
