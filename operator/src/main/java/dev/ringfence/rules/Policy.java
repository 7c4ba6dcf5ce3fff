package dev.ringfence.rules;

import dev.ringfence.rules.Workload.DenyPatternsMode;
import dev.ringfence.rules.Workload.Fetch;
import dev.ringfence.rules.Workload.NodeLabel;
import dev.ringfence.rules.Workload.Peer;
import dev.ringfence.vllm.Version;
import dev.ringfence.vllm.VersionRange;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The platform team's policy, read from a valid VLLMPolicy with everything omitted filled in. */
public record Policy(
    Engine engine,
    Limits limits,
    List<LimitOverride> overrides,
    List<String> denyPatterns,
    NodeLabel noSwapLabel,
    Scheduling scheduling,
    Network network,
    Fetch fetch,
    Pod pod,
    int maxConcurrentWorkloads,
    int holdDays,
    List<Waiver> waivers) {

  /**
   * @param argumentTables a ConfigMap in the operator's namespace with tables of newer versions
   */
  public record Engine(
      Version minimumVersion,
      List<VersionRange> deniedVersions,
      List<Image> images,
      Optional<String> argumentTables,
      List<String> imagePullSecrets,
      Set<String> allowedArguments,
      Set<String> allowedEnvironment,
      boolean allowCpu) {}

  /**
   * @param image normal form with digest
   * @param revoked the reason; empty when the image is not revoked
   */
  public record Image(ImageReference image, Version version, Optional<String> revoked) {}

  /** Upper bounds; {@code temperature} is the largest that a range may reach. */
  public record Limits(
      BigDecimal gpuMemoryUtilization,
      int maxModelLen,
      int maxNumBatchedTokens,
      int maxNumSeqs,
      Set<Integer> blockSizes,
      int maxPromptCharacters,
      int maxOutputTokens,
      BigDecimal temperature,
      int requestsPerMinute,
      int tokensPerMinute,
      int maxConcurrentRequests,
      DenyPatternsMode denyPatternsMode,
      int workloadsPerNamespace) {}

  /**
   * Limits for some namespaces. The first that matches decides, field by field.
   *
   * @param models empty: every model
   */
  public record LimitOverride(
      Namespaces namespaces, Set<String> models, PartialLimits limits, Optional<Instant> expires) {}

  /** Limits of which any may be absent. */
  public record PartialLimits(
      Optional<BigDecimal> gpuMemoryUtilization,
      Optional<Integer> maxModelLen,
      Optional<Integer> maxNumBatchedTokens,
      Optional<Integer> maxNumSeqs,
      Optional<Set<Integer>> blockSizes,
      Optional<Integer> maxPromptCharacters,
      Optional<Integer> maxOutputTokens,
      Optional<BigDecimal> temperature,
      Optional<Integer> requestsPerMinute,
      Optional<Integer> tokensPerMinute,
      Optional<Integer> maxConcurrentRequests,
      Optional<DenyPatternsMode> denyPatternsMode,
      Optional<Integer> workloadsPerNamespace) {}

  public record Scheduling(
      Set<String> runtimeClassNames,
      Optional<String> defaultRuntimeClassName,
      List<String> gpuResources,
      Set<String> priorityClassNames,
      Set<String> tolerationKeys,
      boolean requireRestrictedNamespace,
      boolean requireDedicatedNamespace) {}

  public record Network(
      List<Peer> clients, List<Peer> monitoring, boolean requireEnforcement, boolean requireTls) {}

  /**
   * @param cpuLimits false drops CPU limits, never memory's
   */
  public record Pod(long runAsUser, boolean cpuLimits) {}

  /** Lifts a waivable rule in named namespaces until a moment. */
  public record Waiver(Rule rule, Set<String> namespaces, Instant expires) {}
}
