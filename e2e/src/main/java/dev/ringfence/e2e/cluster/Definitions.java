package dev.ringfence.e2e.cluster;

import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinitionStatus;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** CustomResourceDefinitions as an API server gives them back. */
public final class Definitions {
  private Definitions() {}

  /**
   * Whether its kind is served. A new one has no status for a moment, or one without conditions.
   */
  public static boolean established(@Nullable CustomResourceDefinition definition) {
    return Optional.ofNullable(definition)
        .map(CustomResourceDefinition::getStatus)
        .map(CustomResourceDefinitionStatus::getConditions)
        .orElse(List.of())
        .stream()
        .anyMatch(c -> c.getType().equals("Established") && c.getStatus().equals("True"));
  }
}
