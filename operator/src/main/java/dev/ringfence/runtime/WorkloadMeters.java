package dev.ringfence.runtime;

import dev.ringfence.reconcile.WorkloadReconciler;
import dev.ringfence.rules.Rule;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.stream.Stream;

/** How many workloads are in which state, rest on a waiver, or restart: what alerts rest on. */
final class WorkloadMeters {
  private WorkloadMeters() {}

  static void register(MeterRegistry registry, WorkloadReconciler workloads) {
    for (WorkloadReconciler.State state : WorkloadReconciler.State.values()) {
      Gauge.builder("ringfence_workloads", workloads, w -> w.count(state))
          .description("Workloads by what became of their last look")
          .tag("state", state.text())
          .register(registry);
    }
    Gauge.builder("ringfence_rollout_workloads", workloads, WorkloadReconciler::restarting)
        .description("Workloads that are restarting engines")
        .tag("state", "restarting")
        .register(registry);
    Gauge.builder("ringfence_rollout_workloads", workloads, WorkloadReconciler::queued)
        .description("Workloads that wait for their turn to restart engines")
        .tag("state", "queued")
        .register(registry);
    Stream.of(Rule.values())
        .filter(Rule::waivable)
        .forEach(
            rule ->
                Gauge.builder("ringfence_waived_workloads", workloads, w -> w.waived(rule))
                    .description("Workloads accepted only because a waiver lifts a rule")
                    .tag("rule", rule.id())
                    .register(registry));
  }
}
