package dev.ringfence.guard.policy;

import com.google.re2j.Pattern;
import dev.ringfence.guard.model.ModelFacts;
import java.util.List;
import java.util.Set;

/** The pinned part of guard.json: what needs a new pod to change. */
public record Contract(
    String namespace,
    String workload,
    String tenant,
    List<String> servedNames,
    Set<Endpoint> endpoints,
    boolean tools,
    boolean reasoning,
    int drainSeconds,
    Engine engine,
    Ceilings ceilings,
    List<SmokeTest> smokeTests,
    ModelFacts model) {

  /**
   * What the running engine has to say of itself.
   *
   * @param version release part only, for example {@code 0.32.0}
   * @param servedFolder the folder that the engine is told to load
   */
  public record Engine(
      String version, double gpuMemoryUtilization, int maxModelLen, String servedFolder) {}

  /** What no limit may exceed. */
  public record Ceilings(
      int maxPromptCharacters,
      int maxOutputTokens,
      double temperature,
      int requestsPerMinute,
      int tokensPerMinute,
      int maxConcurrentRequests,
      DenyMode denyPatternsMode) {}

  /** A prompt, what its answer has to match, and how long that answer may be. */
  public record SmokeTest(String prompt, Pattern expect, int maxTokens) {}
}
