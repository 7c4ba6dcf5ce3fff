package dev.ringfence.guard.state;

import dev.ringfence.guard.policy.PolicyDocument;
import dev.ringfence.guard.request.DenyPatterns;
import java.util.Optional;

/**
 * The policy in force.
 *
 * @param error why the document that lies there now is not in force, if it is not
 */
public record PolicyView(PolicyDocument document, DenyPatterns patterns, Optional<String> error) {

  public static PolicyView of(PolicyDocument document) {
    return new PolicyView(
        document, new DenyPatterns(document.limits().denyPatterns()), Optional.empty());
  }

  public PolicyView withError(Optional<String> error) {
    return new PolicyView(document, patterns, error);
  }
}
