package dev.ringfence.rules;

import dev.ringfence.vllm.Version;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;

/**
 * An accepted workload with every default resolved. Only {@link Check} makes one, so what was not
 * accepted cannot be rendered.
 */
public sealed interface Workload permits AcceptedWorkload {
  String namespace();

  String name();

  /**
   * The names under which the guard serves the model; the first is the one that answers show. Never
   * empty.
   */
  List<String> servedNames();

  TrustedModel model();

  /** The hub token for the fetch Job; empty when none is named or the model is not fetched. */
  Optional<SecretEntry> token();

  /** Where a fetched model lives; present exactly when the source is Hugging Face. */
  Optional<Storage> storage();

  Engine engine();

  /** At least one; names are unique. In the order of the specification. */
  List<Tenant> tenants();

  Api api();

  Resources resources();

  Scheduling scheduling();

  RolloutStrategy rollout();

  /** 60 to 7200. */
  int startupTimeoutSeconds();

  /** 0 to 600. */
  int drainSeconds();

  boolean suspended();

  /** What the policy adds. */
  Platform platform();

  /** An entry of a Secret in the workload's namespace. */
  record SecretEntry(String secret, String key) {}

  /**
   * A PersistentVolumeClaim to make; an empty class name ("") means none, absent means the
   * cluster's default.
   */
  record Storage(Quantity size, Optional<String> storageClassName, AccessMode accessMode) {}

  /** Names as Kubernetes writes them. */
  enum AccessMode {
    ReadWriteMany,
    ReadWriteOnce
  }

  /**
   * The engine.
   *
   * @param image normal form with digest
   * @param gpuMemoryUtilization above 0, at most 0.95
   * @param blockSize empty: not rendered
   * @param quantization as vLLM spells it; empty for an unquantized model
   * @param extraArguments allowed, canonical
   */
  record Engine(
      String image,
      Version version,
      BigDecimal gpuMemoryUtilization,
      int maxModelLen,
      int maxNumSeqs,
      int maxNumBatchedTokens,
      Optional<Integer> blockSize,
      String dtype,
      int tensorParallelSize,
      Optional<String> quantization,
      Optional<String> toolCallParser,
      Optional<String> reasoningParser,
      List<Argument> extraArguments,
      SortedMap<String, String> environment) {}

  /** One argument of vLLM in its canonical spelling, {@code --name}; flags have no value. */
  record Argument(String name, Optional<String> value) {
    /** As one element of argv. */
    public String text() {
      return value.map(v -> name + "=" + v).orElse(name);
    }
  }

  /**
   * Limits are those of the whole tenant, per key id where DESIGN says so; a guard enforces its
   * replica's share.
   */
  record Tenant(
      String name,
      Scale scale,
      String apiKeySecret,
      Optional<String> tlsSecret,
      int requestsPerMinute,
      int tokensPerMinute,
      int maxConcurrentRequests) {}

  /** How many pods a tenant has. */
  sealed interface Scale {
    /** By how much a limit is divided: what there may be at most, at least 1. */
    int most();

    /** 0 parks the tenant. */
    record Fixed(int replicas) implements Scale {
      @Override
      public int most() {
        return Math.max(1, replicas);
      }
    }

    /** The number belongs to an autoscaler on the tenant's Deployment. */
    record Autoscaled(int min, int max) implements Scale {
      @Override
      public int most() {
        return max;
      }
    }
  }

  /** The API that the guard opens; {@code allowFrom} is never empty. */
  record Api(
      int maxPromptCharacters,
      int maxOutputTokens,
      int defaultOutputTokens,
      Temperature temperature,
      Set<Endpoint> endpoints,
      DenyPatternsMode denyPatternsMode,
      List<Peer> allowFrom) {}

  record Temperature(BigDecimal min, BigDecimal max, BigDecimal defaultValue) {}

  /** As the specification spells them, in upper case. */
  enum Endpoint {
    CHAT,
    COMPLETIONS,
    MODELS,
    RESPONSES,
    MESSAGES,
    TOKENIZE,
    EMBEDDINGS;

    public String text() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }
  }

  enum DenyPatternsMode {
    Enforce,
    Audit,
    Off
  }

  /** Who may reach a guard. An absent namespaceSelector means the workload's own namespace. */
  record Peer(Optional<LabelSelector> namespaceSelector, Optional<LabelSelector> podSelector) {}

  /** As {@code metav1.LabelSelector}. */
  record LabelSelector(SortedMap<String, String> matchLabels, List<Requirement> matchExpressions) {
    /** Operators as Kubernetes names them: In, NotIn, Exists, DoesNotExist. */
    public record Requirement(String key, String operator, List<String> values) {}

    public boolean matches(Map<String, String> labels) {
      return matchLabels.entrySet().stream()
              .allMatch(e -> e.getValue().equals(labels.get(e.getKey())))
          && matchExpressions.stream()
              .allMatch(
                  r ->
                      switch (r.operator()) {
                        case "In" ->
                            labels.containsKey(r.key()) && r.values().contains(labels.get(r.key()));
                        case "NotIn" ->
                            !labels.containsKey(r.key())
                                || !r.values().contains(labels.get(r.key()));
                        case "Exists" -> labels.containsKey(r.key());
                        default -> !labels.containsKey(r.key());
                      });
    }
  }

  /**
   * What the engine's container gets.
   *
   * @param gpus 0 only where the policy allows CPU engines
   * @param memory of the engine's container, tmpfs included
   */
  record Resources(
      int gpus,
      String gpuResource,
      Quantity cpu,
      Quantity memory,
      Quantity sharedMemory,
      Quantity scratch) {}

  record Scheduling(
      SortedMap<String, String> nodeSelector,
      List<Toleration> tolerations,
      Optional<String> priorityClassName,
      Optional<String> runtimeClassName,
      Optional<String> queueName) {}

  record Toleration(
      String key,
      Optional<String> operator,
      Optional<String> value,
      Optional<String> effect,
      Optional<Long> tolerationSeconds) {}

  enum RolloutStrategy {
    Replace,
    Surge
  }

  /**
   * What the policy decides for this workload's pods and guards.
   *
   * @param noSwapLabel required on the node; empty where rule 212 is waived
   * @param ceilings no live limit of a guard goes above these
   * @param ending present when a guard's limit comes from an override that ends
   */
  record Platform(
      List<String> imagePullSecrets,
      Optional<NodeLabel> noSwapLabel,
      List<Peer> clients,
      List<Peer> monitoring,
      boolean requireEnforcement,
      Fetch fetch,
      long runAsUser,
      boolean cpuLimits,
      List<String> denyPatterns,
      GuardLimits ceilings,
      Optional<Ending> ending) {}

  record NodeLabel(String key, String value) {}

  /** The fetch Job's way out: a proxy URL, a ConfigMap with a CA bundle, extra ranges. */
  record Fetch(
      Optional<String> httpsProxy, Optional<String> caBundleConfigMap, List<String> egressCidrs) {}

  /** The limits that a guard applies, before they are shared between replicas. */
  record GuardLimits(
      int maxPromptCharacters,
      int maxOutputTokens,
      BigDecimal temperature,
      int requestsPerMinute,
      int tokensPerMinute,
      int maxConcurrentRequests,
      DenyPatternsMode denyPatternsMode) {}

  /** From {@code at} on no guard's limit is above {@code then}. */
  record Ending(Instant at, GuardLimits then) {}
}
