package dev.ringfence.guard.limit;

import java.net.InetAddress;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/** Failed credentials, missing ones included: 20 a minute per source address. */
public final class Failures {
  private static final int PER_MINUTE = 20;

  /** Addresses remembered; when there are more, those longest quiet are forgotten. */
  private static final int MOST_ADDRESSES = 10_000;

  private final Map<InetAddress, Bucket> buckets = new LinkedHashMap<>(64, 0.75f, true);

  /** Counts a failure: 0 when it is answered as such, else seconds to wait. */
  public int failed(InetAddress from, long now) {
    Bucket bucket = buckets.computeIfAbsent(from, k -> new Bucket(PER_MINUTE, now));
    if (buckets.size() > MOST_ADDRESSES) {
      Iterator<InetAddress> oldest = buckets.keySet().iterator();
      oldest.next();
      oldest.remove();
    }
    if (bucket.take(1, PER_MINUTE, now)) {
      return 0;
    }
    return (int) Math.max(1, (bucket.millisUntil(1, PER_MINUTE, now) + 999) / 1000);
  }
}
