package dev.ringfence.runtime;

import dev.ringfence.reconcile.WorkloadReconciler;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;

/** How many workloads are in which state: what an alert rests on. */
final class WorkloadMeters {
  private WorkloadMeters() {}

  static void register(MeterRegistry registry, WorkloadReconciler workloads) {
    for (WorkloadReconciler.State state : WorkloadReconciler.State.values()) {
      Gauge.builder("ringfence_workloads", workloads, w -> w.count(state))
          .description("Workloads by what became of their last look")
          .tag("state", state.text())
          .register(registry);
    }
  }
}
