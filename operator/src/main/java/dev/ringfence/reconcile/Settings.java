package dev.ringfence.reconcile;

import dev.ringfence.render.RenderContext.OperatorPods;
import java.time.Duration;
import java.time.InstantSource;

/**
 * What the reconciler is told by whoever runs it.
 *
 * @param pods the operator's own pods, which guards let read their state
 * @param guardImage the guard's image, by digest
 * @param apiServer what serving pods must not reach, {@code HOST:PORT}
 * @param imageVolumes whether the API server knows image volumes
 * @param release of this program; a new one is tried on one workload first
 * @param seal on the records of what was accepted
 * @param resync how often each workload is looked at though nothing has happened
 * @param clock what time it is
 */
public record Settings(
    OperatorPods pods,
    String guardImage,
    String apiServer,
    boolean imageVolumes,
    String release,
    Seal seal,
    Duration resync,
    InstantSource clock) {}
