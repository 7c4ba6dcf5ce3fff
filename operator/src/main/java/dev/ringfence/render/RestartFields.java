package dev.ringfence.render;

import java.util.Collections;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Which fields of a workload restart engines when they change: those that are in the pod template.
 * Everything else takes effect while engines run. A test derives this from what is rendered.
 */
public final class RestartFields {
  private static final SortedSet<String> ALL =
      Collections.unmodifiableSortedSet(
          new TreeSet<>(
              List.of(
                  "spec.api.endpoints",
                  "spec.drainSeconds",
                  "spec.engine.blockSize",
                  "spec.engine.dtype",
                  "spec.engine.env",
                  "spec.engine.extraArgs",
                  "spec.engine.gpuMemoryUtilization",
                  "spec.engine.image",
                  "spec.engine.maxModelLen",
                  "spec.engine.maxNumBatchedTokens",
                  "spec.engine.maxNumSeqs",
                  "spec.engine.reasoningParser",
                  "spec.engine.tensorParallelSize",
                  "spec.engine.toolCallParser",
                  "spec.model.ref",
                  "spec.model.servedNames",
                  "spec.resources.cpu",
                  "spec.resources.gpuResource",
                  "spec.resources.gpus",
                  "spec.resources.memory",
                  "spec.resources.scratch",
                  "spec.resources.sharedMemory",
                  "spec.scheduling.nodeSelector",
                  "spec.scheduling.priorityClassName",
                  "spec.scheduling.runtimeClassName",
                  "spec.scheduling.tolerations",
                  "spec.startupTimeoutSeconds",
                  "spec.tenants[].apiKeySecretRef.name",
                  "spec.tenants[].tlsSecretName")));

  private RestartFields() {}

  /** Paths below the object, {@code []} for any item; a list or map stands for all it holds. */
  public static SortedSet<String> all() {
    return ALL;
  }
}
