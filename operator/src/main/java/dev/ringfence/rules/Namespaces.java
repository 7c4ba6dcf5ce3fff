package dev.ringfence.rules;

import dev.ringfence.rules.Workload.LabelSelector;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Namespaces by name or by selector; either suffices, and neither is nobody. */
public record Namespaces(Set<String> names, Optional<LabelSelector> selector) {
  /**
   * @param labels of the namespace; empty when they are not known, then the selector does not match
   */
  public boolean contains(String namespace, Optional<Map<String, String>> labels) {
    return names.contains(namespace)
        || (selector.isPresent() && labels.isPresent() && selector.get().matches(labels.get()));
  }
}
