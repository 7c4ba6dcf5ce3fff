package dev.ringfence.rules;

import dev.ringfence.rules.Workload.Ending;
import dev.ringfence.rules.Workload.GuardLimits;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * A policy's limits for one workload, its overrides applied: the first that matches decides, field
 * by field.
 */
final class Limits {
  private final Policy.Limits base;
  private final List<Policy.LimitOverride> overrides;

  private Limits(Policy.Limits base, List<Policy.LimitOverride> overrides) {
    this.base = base;
    this.overrides = overrides;
  }

  static Limits of(
      Policy policy,
      String namespace,
      Optional<Map<String, String>> labels,
      String model,
      Instant now) {
    return new Limits(
        policy.limits(),
        policy.overrides().stream()
            .filter(o -> o.expires().map(e -> e.isAfter(now)).orElse(true))
            .filter(o -> o.models().isEmpty() || o.models().contains(model))
            .filter(o -> o.namespaces().contains(namespace, labels))
            .toList());
  }

  Policy.Limits effective() {
    return new Policy.Limits(
        first(Policy.PartialLimits::gpuMemoryUtilization, base.gpuMemoryUtilization()),
        first(Policy.PartialLimits::maxModelLen, base.maxModelLen()),
        first(Policy.PartialLimits::maxNumBatchedTokens, base.maxNumBatchedTokens()),
        first(Policy.PartialLimits::maxNumSeqs, base.maxNumSeqs()),
        first(Policy.PartialLimits::blockSizes, base.blockSizes()),
        first(Policy.PartialLimits::maxPromptCharacters, base.maxPromptCharacters()),
        first(Policy.PartialLimits::maxOutputTokens, base.maxOutputTokens()),
        first(Policy.PartialLimits::temperature, base.temperature()),
        first(Policy.PartialLimits::requestsPerMinute, base.requestsPerMinute()),
        first(Policy.PartialLimits::tokensPerMinute, base.tokensPerMinute()),
        first(Policy.PartialLimits::maxConcurrentRequests, base.maxConcurrentRequests()),
        first(Policy.PartialLimits::denyPatternsMode, base.denyPatternsMode()),
        first(Policy.PartialLimits::workloadsPerNamespace, base.workloadsPerNamespace()));
  }

  private <T> T first(Function<Policy.PartialLimits, Optional<T>> field, T otherwise) {
    return overrides.stream()
        .map(o -> field.apply(o.limits()))
        .flatMap(Optional::stream)
        .findFirst()
        .orElse(otherwise);
  }

  GuardLimits forGuard() {
    Policy.Limits l = effective();
    return new GuardLimits(
        l.maxPromptCharacters(),
        l.maxOutputTokens(),
        l.temperature(),
        l.requestsPerMinute(),
        l.tokensPerMinute(),
        l.maxConcurrentRequests(),
        l.denyPatternsMode());
  }

  /** When the first of the overrides ends. */
  Optional<Instant> firstEnd() {
    return overrides.stream()
        .map(Policy.LimitOverride::expires)
        .flatMap(Optional::stream)
        .min(Instant::compareTo);
  }

  /** Present when a limit that a guard applies changes at the first end. */
  Optional<Ending> ending() {
    return firstEnd()
        .map(
            end ->
                new Ending(
                    end,
                    new Limits(
                            base,
                            overrides.stream()
                                .filter(o -> !o.expires().equals(Optional.of(end)))
                                .toList())
                        .forGuard()))
        .filter(e -> !e.then().equals(forGuard()));
  }
}
