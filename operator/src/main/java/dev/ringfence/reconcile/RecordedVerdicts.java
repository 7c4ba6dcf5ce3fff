package dev.ringfence.reconcile;

import dev.ringfence.resources.RawWorkload;
import dev.ringfence.rules.Verdict;
import io.fabric8.kubernetes.api.model.apps.ControllerRevision;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Records judged under what was in force when they were accepted. Records do not change, so this is
 * done once for each.
 */
final class RecordedVerdicts {
  private record Cached(String uid, Verdict verdict) {}

  private final Map<String, Cached> cached = new ConcurrentHashMap<>();

  Verdict of(Acceptance record) {
    ControllerRevision revision = record.revision();
    String key =
        revision.getMetadata().getOwnerReferences().getFirst().getUid()
            + "/"
            + revision.getMetadata().getName();
    Cached known = cached.get(key);
    if (known == null || !known.uid().equals(revision.getMetadata().getUid())) {
      known = new Cached(revision.getMetadata().getUid(), Surveyor.asAccepted(record.inputs()));
      cached.put(key, known);
    }
    return known.verdict();
  }

  void forget(RawWorkload workload) {
    cached.keySet().removeIf(key -> key.startsWith(workload.getMetadata().getUid() + "/"));
  }
}
