package dev.ringfence.reconcile;

import dev.ringfence.events.Reason;
import dev.ringfence.status.Findings.Obstacle;
import dev.ringfence.status.Findings.Problem;
import dev.ringfence.status.Findings.Progress;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What one look has found so far. */
final class Notebook {
  private final List<Problem> problems = new ArrayList<>();
  private final Set<String> keep = new HashSet<>();
  private final Map<String, Obstacle> obstacles = new HashMap<>();
  private Optional<Progress> progress = Optional.empty();
  private boolean networkInPlace = true;

  void problem(Problem problem) {
    problems.add(problem);
  }

  List<Problem> problems() {
    return List.copyOf(problems);
  }

  /** The object is part of the workload, whether it is as rendered or not. */
  void keep(HasMetadata object) {
    keep.add(Children.key(object));
  }

  boolean keeps(HasMetadata object) {
    return keep.contains(Children.key(object));
  }

  /** Keys of all that is part of the workload. */
  Set<String> kept() {
    return Set.copyOf(keep);
  }

  void obstacle(String tenant, Obstacle obstacle) {
    obstacles.put(tenant, obstacle);
  }

  Optional<Obstacle> obstacle(String tenant) {
    return Optional.ofNullable(obstacles.get(tenant));
  }

  /** What is going on; the first that is said counts. */
  void progress(Reason reason, String message) {
    if (progress.isEmpty()) {
      progress = Optional.of(new Progress(reason, message));
    }
  }

  Optional<Progress> progress() {
    return progress;
  }

  void notSettled(HasMetadata object) {
    networkInPlace &= !(object instanceof NetworkPolicy);
  }

  boolean networkInPlace() {
    return networkInPlace;
  }
}
