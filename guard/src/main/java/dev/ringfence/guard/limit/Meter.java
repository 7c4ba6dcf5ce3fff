package dev.ringfence.guard.limit;

import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;

/**
 * The buckets of all key ids. They outlive a reload of keys and limits, so that nothing is refilled
 * by it.
 */
public final class Meter {

  /** The two buckets of one key id. */
  public static final class Account {
    public final Bucket requests;
    public final Bucket tokens;
    private long usedAt;

    Account(int requestsPerMinute, int tokensPerMinute, long now) {
      requests = new Bucket(requestsPerMinute, now);
      tokens = new Bucket(tokensPerMinute, now);
      usedAt = now;
    }
  }

  private static final long FORGET_AFTER = 180_000_000_000L;
  private static final int SWEEP_ABOVE = 1100;

  private final Map<String, Account> accounts = new HashMap<>();

  public Account account(String id, int requestsPerMinute, int tokensPerMinute, long now) {
    Account account =
        accounts.computeIfAbsent(id, k -> new Account(requestsPerMinute, tokensPerMinute, now));
    account.usedAt = now;
    if (accounts.size() > SWEEP_ABOVE) {
      for (Iterator<Account> i = accounts.values().iterator(); i.hasNext(); ) {
        if (now - i.next().usedAt > FORGET_AFTER) {
          i.remove();
        }
      }
    }
    return account;
  }
}
