package dev.ringfence.reconcile;

import dev.ringfence.events.EventRecorder;
import dev.ringfence.render.Names;
import dev.ringfence.resources.RawWorkload;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * One look at one workload of which something is to be rendered.
 *
 * @param workload as the informer had it
 * @param target what is to be on the cluster
 * @param fallback the last that was Ready; empty before the first time
 * @param wakeups when to look again
 * @param now when this look began
 */
record Look(
    Tools tools,
    RawWorkload workload,
    Target target,
    Optional<Fallback> fallback,
    Wakeups wakeups,
    Instant now) {

  /** What every look needs of the program. */
  record Tools(
      Settings settings,
      Api api,
      World world,
      Records records,
      Children children,
      RolloutQueue<ResourceID> queue,
      EventRecorder events,
      GuardReader guards) {}

  ResourceID id() {
    return ResourceID.fromResource(workload);
  }

  /** The pods that say they are the tenant's, those that are going aside. */
  List<Pod> pods(String tenant) {
    return tools.world().of(Pod.class, id()).stream()
        .filter(pod -> tenant.equals(pod.getMetadata().getLabels().get(Names.TENANT)))
        .filter(pod -> !pod.isMarkedForDeletion())
        .toList();
  }

  Engine engine(Deployment rendered) {
    return new Engine(tools.children().seen(rendered));
  }

  /** The node label that rule 212 requires, as {@code key=value}; empty where it is waived. */
  Optional<String> noSwapLabel() {
    return target
        .accepted()
        .workload()
        .platform()
        .noSwapLabel()
        .map(label -> label.key() + "=" + label.value());
  }
}
