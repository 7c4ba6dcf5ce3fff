package dev.ringfence.reconcile;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ringfence.resources.RawModel;
import dev.ringfence.rules.Check;
import dev.ringfence.rules.Violation;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What TrustedModels were before. The API server keeps one from becoming another model by the rules
 * of its definition; where somebody took these away, this program still sees the change: such a
 * model counts as none until it is put back, or deleted and made anew.
 */
public final class ModelHistory {
  /**
   * @param allowed the last tree that its predecessor could lawfully become
   * @param version that was judged last
   * @param faults of that version
   */
  private record Seen(String uid, ObjectNode allowed, String version, List<Violation> faults) {}

  /** By name; an object of the same name that was made anew is another one. */
  private final Map<String, Seen> seen = new ConcurrentHashMap<>();

  /** What the model became that it may not; what was there when this program started may stay. */
  public List<Violation> faults(RawModel model) {
    String uid = model.getMetadata().getUid();
    String version = model.getMetadata().getResourceVersion();
    return seen.compute(
            model.getMetadata().getName(),
            (name, before) -> {
              if (before == null || !before.uid().equals(uid)) {
                return new Seen(uid, model.tree(), version, List.of());
              }
              if (before.version().equals(version)) {
                return before;
              }
              ObjectNode tree = model.tree();
              List<Violation> faults = Check.modelUpdate(before.allowed(), tree);
              return new Seen(uid, faults.isEmpty() ? tree : before.allowed(), version, faults);
            })
        .faults();
  }

  /**
   * Whether what a workload was accepted with is another model now under the same name. The time
   * tells an object that was changed from one that was deleted and made anew: the API server sets
   * it, and nobody can change it.
   */
  static boolean changedSince(Inputs accepted, RawModel model) {
    Optional<ObjectNode> before =
        accepted
            .model()
            .filter(
                m -> m.path("metadata").path("name").asText().equals(model.getMetadata().getName()))
            .filter(m -> !m.path("spec").equals(model.spec()));
    return before.isPresent()
        && !Instant.parse(model.getMetadata().getCreationTimestamp()).isAfter(accepted.acceptedAt())
        && !Check.modelUpdate(before.get(), model.tree()).isEmpty();
  }
}
