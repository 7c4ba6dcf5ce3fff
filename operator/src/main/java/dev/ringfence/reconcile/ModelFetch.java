package dev.ringfence.reconcile;

import dev.ringfence.events.Reason;
import dev.ringfence.render.Rendered;
import dev.ringfence.status.Diagnosis;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobCondition;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** Brings a model from a hub onto its claim, before any GPU is taken. */
final class ModelFetch {
  /** How long a fetch that has failed is left for people to look at before it is tried again. */
  private static final Duration PAUSE = Duration.ofMinutes(5);

  private final Look look;
  private final Notebook notebook;
  private final Applier applier;

  ModelFetch(Look look, Notebook notebook, Applier applier) {
    this.look = look;
    this.notebook = notebook;
    this.applier = applier;
  }

  /**
   * @param wanted what brings the model; empty when nothing is to be brought
   * @param former what brought the model before, which stays until it is not needed any more
   * @return whether engines may start
   */
  boolean run(Optional<Rendered.Fetch> wanted, Optional<Rendered.Fetch> former) {
    if (wanted.isEmpty()) {
      return true;
    }
    boolean fine = true;
    Optional<Job> job = Optional.empty();
    for (HasMetadata object : wanted.get().objects()) {
      Optional<HasMetadata> live = applier.settle(object);
      fine &= live.isPresent();
      if (live.isPresent() && live.get() instanceof Job settled) {
        job = Optional.of(settled);
      }
    }
    former.ifPresent(f -> f.objects().forEach(notebook::keep));
    // A Job whose whole specification is ours ran our program; what it left is verified by the
    // guards all the same.
    if (!fine || job.isEmpty()) {
      return false;
    }
    if (condition(job.get(), "Complete").isPresent()) {
      return true;
    }
    Optional<JobCondition> failed = condition(job.get(), "Failed");
    if (failed.isPresent()) {
      Instant again =
          Optional.ofNullable(failed.get().getLastTransitionTime())
              .map(Instant::parse)
              .orElse(look.now())
              .plus(PAUSE);
      if (again.isAfter(look.now())) {
        look.wakeups().at(again);
        notebook.progress(
            Reason.FetchFailed,
            "the fetch Job "
                + job.get().getMetadata().getName()
                + " failed, see its pods' logs; it is tried again at "
                + again);
      } else {
        look.tools().children().prune(job.get());
        notebook.progress(Reason.Fetching, "the model is fetched once more");
      }
    } else {
      notebook.progress(
          Reason.Fetching,
          "the Job "
              + job.get().getMetadata().getName()
              + " fetches the model"
              + jobObstacle(job.get()));
    }
    return false;
  }

  private String jobObstacle(Job job) {
    return look.tools().world().of(Pod.class, look.id()).stream()
        .filter(
            pod ->
                pod.getMetadata().getOwnerReferences().stream()
                    .anyMatch(o -> o.getUid().equals(job.getMetadata().getUid())))
        .flatMap(pod -> Diagnosis.of(pod, look.noSwapLabel()).stream())
        .findFirst()
        .map(o -> "; " + o.message())
        .orElse("");
  }

  private static Optional<JobCondition> condition(Job job, String type) {
    return job.getStatus() == null
        ? Optional.empty()
        : job.getStatus().getConditions().stream()
            .filter(c -> type.equals(c.getType()) && "True".equals(c.getStatus()))
            .findFirst();
  }
}
