package dev.ringfence.reconcile;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ringfence.resources.RawModel;
import dev.ringfence.resources.RawPolicy;
import dev.ringfence.resources.RawWorkload;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/**
 * Which workloads a change of the policy or the catalogue concerns: those, and no others, are
 * judged again.
 */
final class Concerns {
  /** Parts of a policy whose entries name the namespaces that they are for. */
  private static final Set<String> BY_NAMESPACE = Set.of("overrides", "waivers");

  /** What is there: the informers', or a test's. */
  interface Known {
    Stream<RawWorkload> workloads();

    List<RawModel> models();

    List<RawPolicy> policies();
  }

  private final Known known;
  private final Map<String, JsonNode> seen = new ConcurrentHashMap<>();

  Concerns(Known known) {
    this.known = known;
  }

  /**
   * All workloads, unless only overrides or waivers have changed: then those in the namespaces that
   * these name.
   */
  Set<ResourceID> of(RawPolicy policy) {
    if (!policy.getMetadata().getName().equals("default")) {
      return Set.of();
    }
    JsonNode before = seen.put("policy", policy.spec());
    Predicate<String> namespaces = concerned(before, policy.spec());
    return ids(workload -> namespaces.test(workload.getMetadata().getNamespace()));
  }

  private Predicate<String> concerned(@Nullable JsonNode before, JsonNode after) {
    if (!(before instanceof ObjectNode was)
        || !(after instanceof ObjectNode is)
        || was.equals(is)) {
      // First seen, deleted, or seen again after a lost watch.
      return namespace -> true;
    }
    ObjectNode restBefore = was.deepCopy();
    ObjectNode restAfter = is.deepCopy();
    restBefore.remove(BY_NAMESPACE);
    restAfter.remove(BY_NAMESPACE);
    if (!restBefore.equals(restAfter)) {
      return namespace -> true;
    }
    Set<String> names = new HashSet<>();
    boolean selectors = false;
    for (String part : BY_NAMESPACE) {
      Set<JsonNode> changed = new HashSet<>();
      Set<JsonNode> kept = new HashSet<>();
      was.path(part).forEach(changed::add);
      is.path(part)
          .forEach(
              entry -> {
                if (changed.contains(entry)) {
                  kept.add(entry);
                } else {
                  changed.add(entry);
                }
              });
      changed.removeAll(kept);
      for (JsonNode entry :
          changed.isEmpty() && !was.path(part).equals(is.path(part)) ? is.path(part) : changed) {
        JsonNode namespaces = entry.path("namespaces");
        selectors |=
            namespaces.has("selector") || !(namespaces.isArray() || namespaces.has("names"));
        (namespaces.isArray() ? namespaces : namespaces.path("names"))
            .forEach(name -> names.add(name.asText()));
      }
    }
    return selectors ? namespace -> true : names::contains;
  }

  /**
   * Workloads that name the model; when it is revoked, also those of models with the same source or
   * a weight in common.
   */
  Set<ResourceID> of(RawModel model) {
    Set<String> names = new HashSet<>(Set.of(model.getMetadata().getName()));
    if (!model.spec().path("revoked").isMissingNode()) {
      Set<String> weights = weights(model.spec());
      known.models().stream()
          .filter(
              other ->
                  other.spec().path("source").equals(model.spec().path("source"))
                      || weights(other.spec()).stream().anyMatch(weights::contains))
          .forEach(other -> names.add(other.getMetadata().getName()));
    }
    return ids(workload -> names.contains(workload.spec().path("model").path("ref").asText()));
  }

  private static Set<String> weights(JsonNode model) {
    return StreamSupport.stream(model.path("files").spliterator(), false)
        .filter(file -> file.path("path").asText().endsWith(".safetensors"))
        .map(file -> file.path("sha256").asText())
        .collect(Collectors.toUnmodifiableSet());
  }

  /** Workloads, when the policy names this ConfigMap for its argument tables. */
  Set<ResourceID> ofTables(String configMap) {
    boolean named =
        known.policies().stream()
            .anyMatch(
                policy ->
                    Objects.equals(
                        policy.spec().path("engine").path("argumentTables").asText(), configMap));
    return named ? ids(workload -> true) : Set.of();
  }

  private Set<ResourceID> ids(Predicate<RawWorkload> concerned) {
    return known
        .workloads()
        .filter(concerned)
        .map(ResourceID::fromResource)
        .collect(Collectors.toUnmodifiableSet());
  }
}
