package dev.ringfence.validate;

import dev.ringfence.input.Manifest;
import dev.ringfence.rules.Violation;
import dev.ringfence.rules.Workload;
import java.util.List;
import java.util.Optional;

/**
 * What was found about one object.
 *
 * @param violations sorted by path; empty when the object is accepted
 * @param workload present for an accepted VLLMDeployment
 */
public record Finding(
    Manifest manifest,
    List<Violation> violations,
    List<String> warnings,
    Optional<Workload> workload) {
  public boolean accepted() {
    return violations.isEmpty();
  }
}
