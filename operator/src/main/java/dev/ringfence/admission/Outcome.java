package dev.ringfence.admission;

import dev.ringfence.rules.Violation;
import java.util.List;

/** What the webhook says of one request. */
sealed interface Outcome {
  /** Advice for whoever made the request, one line each. */
  List<String> warnings();

  record Allowed(List<String> warnings) implements Outcome {}

  /**
   * The object breaks rules.
   *
   * @param violations sorted; never empty
   */
  record Invalid(List<Violation> violations, List<String> warnings) implements Outcome {}

  /** The object is in use and may not go. */
  record InUse(String message, List<String> warnings) implements Outcome {}

  /** Not a request that anything can be said of. */
  record Unreadable(String message) implements Outcome {
    @Override
    public List<String> warnings() {
      return List.of();
    }
  }

  static Outcome allowed() {
    return new Allowed(List.of());
  }
}
