package dev.ringfence.guard.policy;

import com.google.re2j.Pattern;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** The part of guard.json that is read again while the guard runs. */
public record Limits(
    Values values, int replicas, List<Pattern> denyPatterns, Optional<NotAfter> notAfter) {

  /** The end of the policy's override, and what holds from then on. */
  public record NotAfter(Instant time, Values values) {}

  /**
   * The values that an override can change; rates and permits are whole, before the replicas'
   * share.
   */
  public record Values(
      int maxPromptCharacters,
      int maxOutputTokens,
      int defaultOutputTokens,
      Temperature temperature,
      int requestsPerMinute,
      int tokensPerMinute,
      int maxConcurrentRequests,
      DenyMode denyPatternsMode) {}

  /**
   * Bounds of the temperature and what is written when a request names none.
   *
   * @param token the default as it stands in the document
   */
  public record Temperature(double min, double max, String token) {}

  /** What holds at a time. */
  public Values at(Instant now) {
    return notAfter.filter(n -> !now.isBefore(n.time())).map(NotAfter::values).orElse(values);
  }

  /** This replica's share of a limit: floor(limit / replicas), at least 1. */
  public int share(int limit) {
    return Math.max(1, limit / replicas);
  }
}
