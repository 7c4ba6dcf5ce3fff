package dev.ringfence.rules;

import static dev.ringfence.rules.Rule.VLLM_210;
import static dev.ringfence.rules.Rule.VLLM_211;

import dev.ringfence.api.v1alpha1.RuleText;
import dev.ringfence.rules.Workload.Resources;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Optional;
import java.util.Set;

/** {@code spec.resources}: what the engine's container gets. */
final class ResourcesPart {
  private static final BigDecimal GIB = BigDecimal.valueOf(1L << 30);
  private static final BigDecimal MIB = BigDecimal.valueOf(1L << 20);

  private final Node node;
  private final int gpus;
  private final String gpuResource;
  private final Optional<Quantity> cpu;
  private final Optional<Quantity> memory;
  private final Optional<Quantity> sharedMemory;
  private final Optional<Quantity> scratch;
  private Optional<Resources> resources = Optional.empty();

  ResourcesPart(Node node, Policy policy) {
    this.node = node;
    if (node.unset()) {
      node.faults().required(node.path(), RuleText.RESOURCES_REQUIRED);
    }
    node.object(
        Set.of("gpus", "gpuResource", "cpu", "memory", "sharedMemory", "scratch"),
        VLLM_211,
        "an object with cpu and memory");
    this.gpus = gpus(node.get("gpus"), policy);
    this.gpuResource = gpuResource(node.get("gpuResource"), policy);
    this.cpu = declared("cpu", RuleText.CPU_REQUIRED);
    this.memory = declared("memory", RuleText.MEMORY_REQUIRED);
    this.sharedMemory = node.get("sharedMemory").quantity(RuleText.QUANTITY);
    this.scratch = node.get("scratch").quantity(RuleText.QUANTITY);
    if (memory.isPresent()) {
      BigDecimal tmpfs =
          sharedMemory
              .map(Quantity::value)
              .orElse(BigDecimal.ZERO)
              .add(scratch.map(Quantity::value).orElse(BigDecimal.ZERO));
      if (tmpfs.compareTo(memory.get().value()) >= 0) {
        node.faults().inconsistent(node.path(), RuleText.TMPFS_WITHIN_MEMORY);
      }
    }
  }

  int gpus() {
    return gpus;
  }

  Resources resources() {
    return resources.orElseThrow();
  }

  private int gpus(Node count, Policy policy) {
    int gpus = count.integer(RuleText.GPUS, 0, 16).orElse(1);
    if (gpus == 0 && !policy.engine().allowCpu()) {
      node.faults()
          .invalid(
              count,
              VLLM_210,
              "must be at least 1, the policy allows no engines on CPU; set it to 1 or remove it");
    }
    return gpus;
  }

  private String gpuResource(Node name, Policy policy) {
    var listed = policy.scheduling().gpuResources();
    Optional<String> given =
        name.string(
            VLLM_210,
            listed::contains,
            listed.isEmpty()
                ? "must be listed in the policy's scheduling.gpuResources, which is empty; ask the platform team"
                : "must be one of "
                    + String.join(", ", listed.subList(0, Math.min(8, listed.size())))
                    + ", which the policy lists as whole GPUs; use one of them");
    if (name.unset() && listed.isEmpty() && gpus > 0) {
      node.faults()
          .required(
              name.path(),
              VLLM_210,
              "must be a GPU resource that the policy lists, and it lists none; ask the platform team");
    }
    return given.orElse(listed.isEmpty() ? "" : listed.get(0));
  }

  private Optional<Quantity> declared(String field, String required) {
    Node amount = node.get(field);
    if (amount.unset() && !node.unset()) {
      node.faults().required(amount.path(), required);
    }
    return amount.quantity(RuleText.QUANTITY);
  }

  /**
   * Derives what is left out. Measured on vLLM 0.32.0: one worker holds 400 MB in /dev/shm, tensor
   * parallel 8 wants 8 GiB and more; compile caches and temporary files stay below 4 GiB. Derived
   * sizes shrink with the memory so that they never are too much.
   */
  void complete(int tensorParallelSize) {
    if (cpu.isEmpty() || memory.isEmpty()) {
      return;
    }
    BigDecimal all = memory.get().value();
    BigDecimal shm =
        sharedMemory
            .map(Quantity::value)
            .orElseGet(
                () ->
                    derived(
                        GIB.multiply(BigDecimal.valueOf(1L + tensorParallelSize)),
                        all.subtract(scratch.map(Quantity::value).orElse(BigDecimal.ZERO))));
    BigDecimal tmp =
        scratch
            .map(Quantity::value)
            .orElseGet(() -> derived(GIB.multiply(BigDecimal.valueOf(4)), all.subtract(shm)));
    resources =
        Optional.of(
            new Resources(
                gpus, gpuResource, cpu.get(), memory.get(), new Quantity(shm), new Quantity(tmp)));
  }

  /**
   * The wanted size, or a quarter of what is left where that is less, in whole MiB when it has
   * some.
   */
  private static BigDecimal derived(BigDecimal wanted, BigDecimal left) {
    BigDecimal most = left.divide(BigDecimal.valueOf(4), 0, RoundingMode.FLOOR);
    BigDecimal size = wanted.min(most);
    BigDecimal mibs = size.divideToIntegralValue(MIB);
    return mibs.signum() > 0 ? mibs.multiply(MIB) : size.max(BigDecimal.ZERO);
  }
}
