package dev.ringfence.guard.limit;

import java.util.HashMap;
import java.util.Map;

/**
 * Requests in flight: at most so many for the tenant, and for one key id half of them when there
 * are several.
 */
public final class Permits {
  private final Map<String, Integer> held = new HashMap<>();
  private int total;

  /** Takes a permit for a key id, if one is to be had. */
  public boolean take(String id, int most, boolean severalIds) {
    int mine = held.getOrDefault(id, 0);
    if (total >= most || (severalIds && mine >= Math.max(1, most / 2))) {
      return false;
    }
    held.put(id, mine + 1);
    total++;
    return true;
  }

  public void release(String id) {
    total--;
    held.computeIfPresent(id, (k, n) -> n == 1 ? null : n - 1);
  }

  public int inFlight() {
    return total;
  }
}
