package dev.ringfence.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonClassDescription;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.api.model.Quantity;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is wanted. Bounds, defaults and rules of every field are in the annotations, from which the
 * CRD is made.
 */
@JsonClassDescription(
    "What is wanted. Defaults are resolved by the operator and shown in status.effective.")
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@ValidationRule(
    value = "has(self.model)",
    reason = Cel.REQUIRED,
    fieldPath = ".model.ref",
    message = RuleText.MODEL_REQUIRED)
@ValidationRule(
    value = Cel.HAS_TENANTS,
    reason = Cel.REQUIRED,
    fieldPath = ".tenants",
    message = RuleText.TENANTS_REQUIRED)
@ValidationRule(
    value = "has(self.resources)",
    reason = Cel.REQUIRED,
    fieldPath = ".resources",
    message = RuleText.RESOURCES_REQUIRED)
@ValidationRule(
    value = Cel.TENSOR_PARALLEL_SIZE,
    fieldPath = ".engine.tensorParallelSize",
    message = RuleText.TENSOR_PARALLEL_SIZE)
@ValidationRule(value = Cel.SECRET_ROLES, fieldPath = ".tenants", message = RuleText.SECRET_ROLES)
public record VLLMDeploymentSpec(
    @JsonPropertyDescription("The model and where its files lie. Required.") @Nullable Model model,
    @JsonPropertyDescription("The engine: vLLM's own settings, in camelCase.")
        @Nullable Engine engine,
    @JsonPropertyDescription(
            "Who is served, 1 to 64. Each tenant is a security boundary and gets an engine, so a GPU, of"
                + " its own (VLLM-102). Users who may share a KV cache share one tenant. Required.")
        @Size(max = Bounds.TENANTS)
        @ListMap("name")
        @Nullable List<Tenant> tenants,
    @JsonPropertyDescription("What clients may ask for, and which clients.") @Nullable Api api,
    @JsonPropertyDescription("What each engine gets; request equals limit. Required.")
        @Nullable Resources resources,
    @JsonPropertyDescription("Where the pods may run.") @Nullable Scheduling scheduling,
    @JsonPropertyDescription("How a change that restarts engines is rolled out.")
        @Nullable Rollout rollout,
    @JsonPropertyDescription(
            "How long an engine may take from its start to readiness, in seconds, 60 to 7200. Default 1800.")
        @ValidationRule(value = "self >= 60 && self <= 7200", message = RuleText.STARTUP_TIMEOUT)
        @Nullable Integer startupTimeoutSeconds,
    @JsonPropertyDescription(
            "How long requests in flight may take to end when a pod stops, in seconds, 0 to 600. Default 60.")
        @ValidationRule(value = "self >= 0 && self <= 600", message = RuleText.DRAIN)
        @Nullable Integer drainSeconds,
    @JsonPropertyDescription("true stops every engine and keeps everything else. Default false.")
        @Nullable Boolean suspended) {

  /** The model. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  @ValidationRule(
      value = "has(self.ref)",
      reason = Cel.REQUIRED,
      fieldPath = ".ref",
      message = RuleText.MODEL_REQUIRED)
  public record Model(
      @JsonPropertyDescription(
              "The name of a TrustedModel that the platform team vouches for (VLLM-401), at most 63"
                  + " characters. Required.")
          @Size(max = Bounds.NAME)
          @ValidationRule(value = Cel.MODEL_NAME, message = RuleText.MODEL_REF)
          @Nullable String ref,
      @JsonPropertyDescription(
              "The names under which clients ask for the model, 1 to 16. Default: metadata.name.")
          @Size(max = Bounds.SERVED_NAMES)
          @ListSet
          @ValidationRule(
              value = "size(self) > 0",
              reason = Cel.REQUIRED,
              message = RuleText.SERVED_NAMES_EMPTY)
          @ItemRule(value = Cel.SERVED_NAME, message = RuleText.SERVED_NAME)
          @Nullable List<@Size(max = Bounds.NAME) String> servedNames,
      @JsonPropertyDescription(
              "A Hugging Face token in a Secret of this namespace (VLLM-406). Only the fetch Job sees it; a"
                  + " gated model needs it.")
          @Nullable TokenSecretRef tokenSecretRef,
      @JsonPropertyDescription("The volume on which a fetched model lives.")
          @Nullable Storage storage) {}

  /** An entry of a Secret. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  @ValidationRule(
      value = "has(self.name)",
      reason = Cel.REQUIRED,
      fieldPath = ".name",
      message = RuleText.TOKEN_SECRET)
  @ValidationRule(value = Cel.NAME_OF_OBJECT, fieldPath = ".name", message = RuleText.TOKEN_SECRET)
  @ValidationRule(value = Cel.KEY_OF_SECRET, fieldPath = ".key", message = RuleText.TOKEN_SECRET)
  public record TokenSecretRef(
      @JsonPropertyDescription(
              "The Secret's name. It serves this purpose alone (VLLM-510). Required.")
          @Size(max = Bounds.NAME)
          @Nullable String name,
      @JsonPropertyDescription("The entry in it. Default token.") @Size(max = Bounds.NAME)
          @Nullable String key) {}

  /** A PersistentVolumeClaim to make. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  @ValidationRule(
      value = Cel.STORAGE_GROWS,
      fieldPath = ".size",
      message = RuleText.STORAGE_SHRINKS)
  @ValidationRule(
      value = Cel.STORAGE_CLASS_STAYS,
      fieldPath = ".storageClassName",
      message = RuleText.STORAGE_IMMUTABLE)
  @ValidationRule(
      value = Cel.ACCESS_MODE_STAYS,
      fieldPath = ".accessMode",
      message = RuleText.STORAGE_IMMUTABLE)
  public record Storage(
      @JsonPropertyDescription(
              "At least the size of the files, of the old and the new model together while a change rolls"
                  + " out. May grow, never shrinks (VLLM-211). Default: the files and 10 % more.")
          @ValidationRule(value = Cel.QUANTITY, message = RuleText.STORAGE_SIZE)
          @Nullable Quantity size,
      @JsonPropertyDescription(
              "The StorageClass; \"\" asks for none. Immutable (VLLM-211). Default: the cluster's own.")
          @Size(max = Bounds.NAME)
          @Pattern("^([a-z0-9]([a-z0-9.-]*[a-z0-9])?)?$")
          @Nullable String storageClassName,
      @JsonPropertyDescription(
              "ReadWriteMany, or ReadWriteOnce where all pods fit on one node. Immutable (VLLM-211)."
                  + " Default ReadWriteMany.")
          @Nullable AccessMode accessMode) {

    /** How many nodes may mount the volume. */
    public enum AccessMode {
      ReadWriteMany,
      ReadWriteOnce
    }
  }

  /** Settings of vLLM. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public record Engine(
      @JsonPropertyDescription(
              "An engine image by digest, from the policy's list (VLLM-701). Default: the first of the list"
                  + " that is not revoked.")
          @Size(max = Bounds.IMAGE_LENGTH)
          @ValidationRule(value = Cel.IMAGE, message = RuleText.IMAGE_DIGEST)
          @Nullable String image,
      @JsonPropertyDescription(
              "The share of a GPU's memory that the engine takes, above 0 and at most 0.95 (VLLM-201)."
                  + " Default 0.85.")
          @Min(-1e9)
          @Max(1e9)
          @ValidationRule(
              value = "self > 0.0 && self <= 0.95",
              message = RuleText.GPU_MEMORY_UTILIZATION)
          @Nullable Double gpuMemoryUtilization,
      @JsonPropertyDescription(
              "Tokens of prompt and answer together, 1 to 1048576 (VLLM-206). Default 4096.")
          @ValidationRule(value = Cel.UP_TO_1048576, message = RuleText.MAX_MODEL_LEN)
          @Nullable Integer maxModelLen,
      @JsonPropertyDescription("Requests in one batch, 1 to 4096 (VLLM-204). Default 64.")
          @ValidationRule(value = Cel.UP_TO_4096, message = RuleText.MAX_NUM_SEQS)
          @Nullable Integer maxNumSeqs,
      @JsonPropertyDescription("Tokens in one batch, 1 to 1048576 (VLLM-203). Default 4096.")
          @ValidationRule(value = Cel.UP_TO_1048576, message = RuleText.MAX_NUM_BATCHED_TOKENS)
          @Nullable Integer maxNumBatchedTokens,
      @JsonPropertyDescription(
              "Tokens in one block of the KV cache, of the policy's blockSizes (VLLM-205). Default: vLLM's own.")
          @ValidationRule(value = "self >= 1 && self <= 1024", message = RuleText.BLOCK_SIZE)
          @Nullable Integer blockSize,
      @JsonPropertyDescription("The type of weights and activations. Default auto.")
          @Nullable Dtype dtype,
      @JsonPropertyDescription(
              "Over how many GPUs the model is spread: as many as the pod has (VLLM-210). Default:"
                  + " resources.gpus, at least 1.")
          @ValidationRule(
              value = "self >= 1 && self <= 16",
              message = RuleText.TENSOR_PARALLEL_RANGE)
          @Nullable Integer tensorParallelSize,
      @JsonPropertyDescription(
              "The quantization method. Must agree with the TrustedModel (VLLM-602). Default: what that says.")
          @Size(min = 1, max = 63)
          @Pattern(Patterns.VLLM_NAME)
          @Nullable String quantization,
      @JsonPropertyDescription(
              "One of vLLM's built-in tool call parsers of that version (VLLM-208). Opens the fields for"
                  + " tools to clients.")
          @Size(min = 1, max = 63)
          @Pattern(Patterns.VLLM_NAME)
          @Nullable String toolCallParser,
      @JsonPropertyDescription(
              "One of vLLM's built-in reasoning parsers of that version (VLLM-208). Opens reasoning_effort"
                  + " to clients.")
          @Size(min = 1, max = 63)
          @Pattern(Patterns.VLLM_NAME)
          @Nullable String reasoningParser,
      @JsonPropertyDescription("Only 0: swapped KV cache puts prompts on disk (VLLM-202).")
          @Min(-1e9)
          @Max(1e9)
          @ValidationRule(value = "self == 0.0", message = RuleText.SWAP_SPACE)
          @Nullable Double swapSpace,
      @JsonPropertyDescription(
              "Only false: a shared prefix cache leaks prompts between requests (VLLM-101).")
          @ValidationRule(value = "!self", message = RuleText.PREFIX_CACHING)
          @Nullable Boolean enablePrefixCaching,
      @JsonPropertyDescription("Only false: logged prompts reach the node's disk (VLLM-103).")
          @ValidationRule(value = "!self", message = RuleText.LOG_REQUESTS)
          @Nullable Boolean enableLogRequests,
      @JsonPropertyDescription(
              "Only false: code from a model repository runs with everything the engine holds (VLLM-402).")
          @ValidationRule(value = "!self", message = RuleText.TRUST_REMOTE_CODE)
          @Nullable Boolean trustRemoteCode,
      @JsonPropertyDescription(
              "Only safetensors: other formats can run code while loading (VLLM-403).")
          @Size(max = 63)
          @ValidationRule(value = "self == 'safetensors'", message = RuleText.LOAD_FORMAT)
          @Nullable String loadFormat,
      @JsonPropertyDescription(
              "Further arguments of vLLM, at most 64, as --name=value or name and value after each other."
                  + " Only those that the policy opens, in their canonical spelling (VLLM-208).")
          @Size(max = Bounds.ARGUMENTS)
          @ItemRule(value = Cel.ARGUMENT, reason = Cel.FORBIDDEN, message = RuleText.EXTRA_ARGUMENT)
          @Nullable List<@Size(max = Bounds.ARGUMENT_LENGTH) String> extraArgs,
      @JsonPropertyDescription(
              "Environment variables of the engine, at most 64, literal values only. Only names that the"
                  + " policy opens (VLLM-209).")
          @Size(max = Bounds.VARIABLES)
          @ListMap("name")
          @Nullable List<Variable> env) {

    /** As vLLM names them. */
    public enum Dtype {
      @JsonProperty("auto")
      AUTO,
      @JsonProperty("half")
      HALF,
      @JsonProperty("float16")
      FLOAT16,
      @JsonProperty("bfloat16")
      BFLOAT16,
      @JsonProperty("float")
      FLOAT,
      @JsonProperty("float32")
      FLOAT32
    }
  }

  /** An environment variable. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Variable(
      @JsonPropertyDescription("The variable's name.")
          @Required
          @Size(min = 1, max = Bounds.NAME)
          @Pattern(Patterns.VARIABLE)
          String name,
      @JsonPropertyDescription("Its value, literally; not a secret (VLLM-508). Required.")
          @Required
          @Size(min = 1, max = Bounds.VARIABLE_LENGTH)
          String value) {}

  /** Who is served. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  @ValidationRule(
      value = "has(self.apiKeySecretRef)",
      reason = Cel.REQUIRED,
      fieldPath = ".apiKeySecretRef",
      message = RuleText.API_KEYS_REQUIRED)
  @ValidationRule(
      value = "!(has(self.replicas) && has(self.scaling))",
      reason = Cel.FORBIDDEN,
      fieldPath = ".replicas",
      message = RuleText.REPLICAS_OR_SCALING)
  @ValidationRule(
      value = Cel.REPLICAS_WITHIN_REQUESTS,
      fieldPath = ".replicas",
      message = RuleText.SHARE_OF_REQUESTS)
  @ValidationRule(
      value = Cel.SCALING_WITHIN_REQUESTS,
      fieldPath = ".scaling.maxReplicas",
      message = RuleText.SHARE_OF_REQUESTS)
  @ValidationRule(
      value = Cel.REPLICAS_WITHIN_CONCURRENT,
      fieldPath = ".replicas",
      message = RuleText.SHARE_OF_CONCURRENT)
  @ValidationRule(
      value = Cel.SCALING_WITHIN_CONCURRENT,
      fieldPath = ".scaling.maxReplicas",
      message = RuleText.SHARE_OF_CONCURRENT)
  public record Tenant(
      @JsonPropertyDescription(
              "At most 20 lower-case letters, digits and single dashes; part of every object's name"
                  + " (VLLM-102).")
          @Required
          @Size(max = Bounds.NAME)
          @ValidationRule(value = Cel.TENANT_NAME, message = RuleText.TENANT_NAME)
          String name,
      @JsonPropertyDescription("Engines of this tenant, 0 to 32; 0 parks it. Default 1.")
          @ValidationRule(value = "self >= 0 && self <= 32", message = RuleText.REPLICAS)
          @Nullable Integer replicas,
      @JsonPropertyDescription(
              "Instead of replicas: the number belongs to an autoscaler (HPA, KEDA) on the tenant's"
                  + " Deployment, within these bounds.")
          @Nullable Scaling scaling,
      @JsonPropertyDescription(
              "The API keys: a Secret of this namespace, entry name = key id, entry value = its key lines"
                  + " (VLLM-501). It serves this tenant alone (VLLM-510). Required.")
          @Nullable ApiKeySecretRef apiKeySecretRef,
      @JsonPropertyDescription(
              "A Secret of type kubernetes.io/tls for this tenant's endpoint (VLLM-511). Default: no TLS.")
          @Size(max = Bounds.NAME)
          @ValidationRule(value = Cel.OBJECT_NAME, message = RuleText.TLS_SECRET)
          @Nullable String tlsSecretName,
      @JsonPropertyDescription("Requests a minute per key id, 1 to 1000000 (VLLM-303). Default 60.")
          @ValidationRule(
              value = "self >= 1 && self <= 1000000",
              message = RuleText.REQUESTS_PER_MINUTE)
          @Nullable Integer requestsPerMinute,
      @JsonPropertyDescription(
              "Tokens a minute per key id, 1 to 100000000 (VLLM-305). Default: the policy's limit.")
          @ValidationRule(
              value = "self >= 1 && self <= 100000000",
              message = RuleText.TOKENS_PER_MINUTE)
          @Nullable Integer tokensPerMinute,
      @JsonPropertyDescription(
              "Requests at one time for the whole tenant, 1 to 4096 (VLLM-304); one key id may hold at most"
                  + " half when there are several. Default 32.")
          @ValidationRule(value = Cel.UP_TO_4096, message = RuleText.MAX_CONCURRENT_REQUESTS)
          @Nullable Integer maxConcurrentRequests) {}

  /** Bounds for an autoscaler. */
  @ValidationRule(
      value = "has(self.maxReplicas)",
      reason = Cel.REQUIRED,
      fieldPath = ".maxReplicas",
      message = RuleText.SCALING_MAX_REQUIRED)
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  @ValidationRule(
      value =
          "!has(self.minReplicas) || !has(self.maxReplicas) || self.minReplicas <= self.maxReplicas",
      message = RuleText.SCALING_ORDER)
  public record Scaling(
      @JsonPropertyDescription("At least this many, 1 to 32. Default 1.")
          @ValidationRule(value = Cel.UP_TO_32, message = RuleText.SCALING_RANGE)
          @Nullable Integer minReplicas,
      @JsonPropertyDescription("At most this many, 1 to 32.")
          @ValidationRule(value = Cel.UP_TO_32, message = RuleText.SCALING_RANGE)
          @Nullable Integer maxReplicas) {}

  /** The Secret with a tenant's keys. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  @ValidationRule(
      value = "has(self.name)",
      reason = Cel.REQUIRED,
      fieldPath = ".name",
      message = RuleText.API_KEYS_REQUIRED)
  @ValidationRule(
      value = Cel.NAME_OF_OBJECT,
      fieldPath = ".name",
      message = RuleText.API_KEY_SECRET)
  public record ApiKeySecretRef(
      @JsonPropertyDescription("The Secret's name. Required.") @Size(max = Bounds.NAME)
          @Nullable String name) {}

  /** What clients may ask for. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  @ValidationRule(
      value = Cel.DEFAULT_OUTPUT,
      fieldPath = ".defaultOutputTokens",
      message = RuleText.DEFAULT_ABOVE_MAX_OUTPUT)
  public record Api(
      @JsonPropertyDescription(
              "Characters of a prompt, all parts together, 1 to 1048576 (VLLM-502). Default 8192.")
          @ValidationRule(value = Cel.UP_TO_1048576, message = RuleText.MAX_PROMPT_CHARACTERS)
          @Nullable Integer maxPromptCharacters,
      @JsonPropertyDescription(
              "Tokens that a request may ask for, 1 to 4096; more is refused, never cut (VLLM-302). Default 2048.")
          @ValidationRule(value = Cel.UP_TO_4096, message = RuleText.MAX_OUTPUT_TOKENS)
          @Nullable Integer maxOutputTokens,
      @JsonPropertyDescription(
              "Tokens of an answer when the request does not say, at most maxOutputTokens. Default 512.")
          @ValidationRule(value = Cel.UP_TO_4096, message = RuleText.DEFAULT_OUTPUT_TOKENS)
          @Nullable Integer defaultOutputTokens,
      @JsonPropertyDescription(
              "The legal range of the sampling temperature, and its default (VLLM-503).")
          @Nullable Temperature temperature,
      @JsonPropertyDescription(
              "What is served (VLLM-505). Default chat, completions, models. For an embedding model:"
                  + " embeddings, with models or alone.")
          @Size(max = 7)
          @ListSet
          @ValidationRule(
              value = "size(self) > 0",
              reason = Cel.REQUIRED,
              message = RuleText.ENDPOINTS_EMPTY)
          @ValidationRule(
              value = "!('embeddings' in self) || self.all(e, e in ['embeddings', 'models'])",
              message = RuleText.EMBEDDINGS_ALONE)
          @Nullable List<Endpoint> endpoints,
      @JsonPropertyDescription(
              "What becomes of prompts that the policy's patterns match (VLLM-504).")
          @Nullable DenyPatterns denyPatterns,
      @JsonPropertyDescription(
              "Who may reach the guard, 1 to 16 (VLLM-509). Default: every pod of the same namespace.")
          @Size(max = Bounds.PEERS)
          @ValidationRule(
              value = "size(self) > 0",
              reason = Cel.REQUIRED,
              message = RuleText.ALLOW_FROM_EMPTY)
          @Nullable List<Peer> allowFrom) {

    /** Paths of the API, by what they are for. */
    public enum Endpoint {
      @JsonProperty("chat")
      CHAT,
      @JsonProperty("completions")
      COMPLETIONS,
      @JsonProperty("models")
      MODELS,
      @JsonProperty("responses")
      RESPONSES,
      @JsonProperty("messages")
      MESSAGES,
      @JsonProperty("tokenize")
      TOKENIZE,
      @JsonProperty("embeddings")
      EMBEDDINGS
    }
  }

  /** A range of the sampling temperature. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  @ValidationRule(value = Cel.TEMPERATURE_ORDER, message = RuleText.TEMPERATURE_ORDER)
  public record Temperature(
      @JsonPropertyDescription("The lowest, 0 to 2. Default 0.")
          @Min(-1e9)
          @Max(1e9)
          @ValidationRule(value = Cel.TEMPERATURE, message = RuleText.TEMPERATURE)
          @Nullable Double min,
      @JsonPropertyDescription("The highest, 0 to 2. Default 2.")
          @Min(-1e9)
          @Max(1e9)
          @ValidationRule(value = Cel.TEMPERATURE, message = RuleText.TEMPERATURE)
          @Nullable Double max,
      @JsonPropertyDescription(
              "What holds when a request does not say. Default 0.7, or the range's nearer end.")
          @Min(-1e9)
          @Max(1e9)
          @ValidationRule(value = Cel.TEMPERATURE, message = RuleText.TEMPERATURE)
          @JsonProperty("default")
          @Nullable Double defaultValue) {}

  /** What becomes of prompts that a pattern matches. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public record DenyPatterns(
      @JsonPropertyDescription(
              "Enforce refuses the request, Audit counts and logs it, Off does not look. Weaker than the"
                  + " policy's denyPatternsMode is refused (VLLM-504). Write \"Off\" in quotes. Default Enforce.")
          @Nullable DenyPatternsMode mode) {}

  /** What each engine gets. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  @ValidationRule(
      value = "has(self.cpu)",
      reason = Cel.REQUIRED,
      fieldPath = ".cpu",
      message = RuleText.CPU_REQUIRED)
  @ValidationRule(
      value = "has(self.memory)",
      reason = Cel.REQUIRED,
      fieldPath = ".memory",
      message = RuleText.MEMORY_REQUIRED)
  @ValidationRule(value = Cel.TMPFS_WITHIN_MEMORY, message = RuleText.TMPFS_WITHIN_MEMORY)
  public record Resources(
      @JsonPropertyDescription(
              "Whole GPUs, 0 to 16 (VLLM-210); 0 only where the policy says allowCpu. Default 1.")
          @ValidationRule(value = "self >= 0 && self <= 16", message = RuleText.GPUS)
          @Nullable Integer gpus,
      @JsonPropertyDescription(
              "The GPU's resource name, one of the policy's gpuResources (VLLM-210). Default: the policy's"
                  + " first.")
          @Size(min = 1, max = 317)
          @Pattern(Patterns.LABEL_KEY)
          @Nullable String gpuResource,
      @JsonPropertyDescription("CPU of the engine, above 0 (VLLM-211). Required.")
          @ValidationRule(value = Cel.QUANTITY, message = RuleText.QUANTITY)
          @Nullable Quantity cpu,
      @JsonPropertyDescription(
              "Memory of the engine, tmpfs included, above 0 (VLLM-211). Required.")
          @ValidationRule(value = Cel.QUANTITY, message = RuleText.QUANTITY)
          @Nullable Quantity memory,
      @JsonPropertyDescription(
              "/dev/shm, in memory and part of it; with scratch less than memory (VLLM-211). Default: a"
                  + " measured size.")
          @ValidationRule(value = Cel.QUANTITY, message = RuleText.QUANTITY)
          @Nullable Quantity sharedMemory,
      @JsonPropertyDescription(
              "Where the engine compiles and writes, in memory and part of it; nothing is on disk. Default: a"
                  + " measured size.")
          @ValidationRule(value = Cel.QUANTITY, message = RuleText.QUANTITY)
          @Nullable Quantity scratch) {}

  /** Where the pods may run. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public record Scheduling(
      @JsonPropertyDescription(
              "Labels that a node must have, at most 64. Not those that rules rely on (VLLM-106, VLLM-212).")
          @Size(max = Bounds.NODE_LABELS)
          @ValidationRule(
              value = "!('nvidia.com/gpu.sharing-strategy' in self)",
              message = RuleText.RESERVED_SHARING_LABEL)
          @Nullable Map<String, @Size(max = 63) @Pattern(Patterns.LABEL_VALUE) String> nodeSelector,
      @JsonPropertyDescription(
              "Taints that the pods tolerate, at most 16, with keys that the policy lists (VLLM-711).")
          @Size(max = Bounds.TOLERATIONS)
          @Nullable List<Toleration> tolerations,
      @JsonPropertyDescription("A PriorityClass that the policy lists (VLLM-711).")
          @Size(min = 1, max = Bounds.NAME)
          @Pattern(Patterns.OBJECT_NAME)
          @Nullable String priorityClassName,
      @JsonPropertyDescription(
              "A RuntimeClass that the policy lists (VLLM-706). Default: the policy's defaultRuntimeClassName.")
          @Size(min = 1, max = Bounds.NAME)
          @Pattern(Patterns.OBJECT_NAME)
          @Nullable String runtimeClassName,
      @JsonPropertyDescription("A Kueue LocalQueue of this namespace.")
          @Size(min = 1, max = 63)
          @Pattern(Patterns.LABEL_VALUE)
          @Nullable String queueName) {}

  /** A taint that the pods tolerate. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public record Toleration(
      @JsonPropertyDescription("The taint's key.")
          @Required
          @Size(min = 1, max = 317)
          @Pattern(Patterns.LABEL_KEY)
          String key,
      @JsonPropertyDescription("Equal or Exists. Default Equal.") @Nullable Operator operator,
      @JsonPropertyDescription("The taint's value, for Equal.")
          @Size(max = 63)
          @Pattern(Patterns.LABEL_VALUE)
          @Nullable String value,
      @JsonPropertyDescription("The taint's effect. Default, and when empty: all.")
          @Nullable Effect effect,
      @JsonPropertyDescription(
              "Seconds for which a NoExecute taint is tolerated. Default: for ever.")
          @Min(0)
          @Max(31536000)
          @Nullable Long tolerationSeconds) {

    /** How a taint's value is compared. */
    public enum Operator {
      Equal,
      Exists
    }

    /** What a taint does. */
    public enum Effect {
      @JsonProperty("")
      ALL,
      NoSchedule,
      PreferNoSchedule,
      NoExecute
    }
  }

  /** How a change that restarts engines is rolled out. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public record Rollout(
      @JsonPropertyDescription(
              "Replace needs no spare GPU, and the tenant is down while its engine loads. Surge starts the"
                  + " new engine first. Default Replace.")
          @Nullable Strategy strategy) {

    /** See {@link Rollout}. */
    public enum Strategy {
      Replace,
      Surge
    }
  }
}
