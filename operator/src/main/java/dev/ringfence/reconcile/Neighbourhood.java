package dev.ringfence.reconcile;

import dev.ringfence.resources.RawWorkload;
import dev.ringfence.rules.SecretUses;
import dev.ringfence.rules.Surroundings.SecretUse;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Which workloads a neighbour's change concerns: those that name a Secret that it names or named,
 * and those refused for number.
 */
final class Neighbourhood {
  private static final String TOO_MANY = "VLLM-712";

  private Neighbourhood() {}

  static Set<ResourceID> concerned(
      Optional<RawWorkload> before, Optional<RawWorkload> after, World.Workloads workloads) {
    RawWorkload changed = after.or(() -> before).orElseThrow();
    Set<String> old = before.map(Neighbourhood::secrets).orElse(Set.of());
    Set<String> fresh = after.map(Neighbourhood::secrets).orElse(Set.of());
    boolean gone = after.isEmpty();
    if (old.equals(fresh) && !gone) {
      return Set.of();
    }
    Set<String> either = new HashSet<>(old);
    either.addAll(fresh);
    return workloads.in(changed.getMetadata().getNamespace()).stream()
        .flatMap(id -> workloads.get(id).stream())
        .filter(other -> !other.getMetadata().getName().equals(changed.getMetadata().getName()))
        .filter(other -> Surveyor.before(changed, other))
        .filter(
            other ->
                secrets(other).stream().anyMatch(either::contains)
                    || (gone && refusedForNumber(other)))
        .map(ResourceID::fromResource)
        .collect(Collectors.toUnmodifiableSet());
  }

  private static Set<String> secrets(RawWorkload workload) {
    return SecretUses.of(workload.tree()).stream()
        .map(SecretUse::secret)
        .collect(Collectors.toSet());
  }

  /** Only to spare others a look: a forged status costs or saves one reconcile. */
  private static boolean refusedForNumber(RawWorkload workload) {
    for (var violation : workload.status().path("violations")) {
      if (violation.path("rule").asText().equals(TOO_MANY)) {
        return true;
      }
    }
    return false;
  }
}
