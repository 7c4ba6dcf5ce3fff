package dev.ringfence.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonClassDescription;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the platform team allows. Scalars, limits, denyPatterns, gpuResources and noSwapLabel fill
 * in with strict values when left out; every other list is empty then, and an empty list means
 * none.
 */
@JsonClassDescription(
    "What the platform team allows. Scalars, limits, denyPatterns, gpuResources and noSwapLabel fill in"
        + " with strict values when left out; every other list is empty then, and an empty list means"
        + " none. Every fault in here is VLLM-507.")
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record VLLMPolicySpec(
    @JsonPropertyDescription("Which engines may run and which of their settings are open.")
        @Nullable Engine engine,
    @JsonPropertyDescription("Upper bounds for every workload; any may be set up or down.")
        @Nullable Limits limits,
    @JsonPropertyDescription(
            "Other limits for some namespaces, at most 32; the first that matches decides, field by field.")
        @Size(max = Bounds.OVERRIDES)
        @Nullable List<LimitOverride> overrides,
    @JsonPropertyDescription(
            "Regular expressions (RE2) of prompts that are refused (VLLM-504), at most 64. Default: \"(?i)ignore"
                + " (all )?previous\" and \"(?im)^\\s*(system|admin)\\s*:\".")
        @Size(max = Bounds.NAMES)
        @Nullable List<@Size(min = 1, max = 512) String> denyPatterns,
    @JsonPropertyDescription("What vouches for a node.") @Nullable Nodes nodes,
    @JsonPropertyDescription("Where workloads may run.") @Nullable Scheduling scheduling,
    @JsonPropertyDescription("Who may reach guards.") @Nullable Network network,
    @JsonPropertyDescription("How models are fetched.") @Nullable Fetch fetch,
    @JsonPropertyDescription("What depends on the cluster in every pod.") @Nullable Pod pod,
    @JsonPropertyDescription("How changes that restart engines are rolled out.")
        @Nullable Rollout rollout,
    @JsonPropertyDescription("How long a workload serves on that is no longer acceptable.")
        @Nullable Hold hold,
    @JsonPropertyDescription(
            "Rules lifted for some namespaces until a day, at most 64: only 207, 212, 706, 707, 709 and 711.")
        @Size(max = Bounds.WAIVERS)
        @Nullable List<Waiver> waivers) {

  /** Which engines may run. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public record Engine(
      @JsonPropertyDescription(
              "The oldest version of vLLM, never below 0.28.0 (VLLM-207). Default 0.32.0.")
          @Size(max = 63)
          @Pattern(Patterns.VERSION)
          @Nullable String minimumVersion,
      @JsonPropertyDescription(
              "Versions with an advisory that this release does not know, at most 64: comparisons joined by"
                  + " commas, such as \">=0.32.0,<0.32.2\"; a bare version means ==.")
          @Size(max = Bounds.NAMES)
          @Nullable List<@Size(min = 1, max = 256) @Pattern(Patterns.VERSION_RANGE) String>
              deniedVersions,
      @JsonPropertyDescription(
              "The engine images that workloads may use, at most 64; the first that is not revoked is the default (VLLM-701).")
          @Size(max = Bounds.IMAGES)
          @ListMap("image")
          @Nullable List<Image> images,
      @JsonPropertyDescription(
              "A ConfigMap in the operator's namespace with tables of arguments of versions newer than this"
                  + " release.")
          @Size(min = 1, max = Bounds.NAME)
          @Pattern(Patterns.OBJECT_NAME)
          @Nullable String argumentTables,
      @JsonPropertyDescription("Pull secrets by name, in the workload's namespace, at most 16.")
          @Size(max = 16)
          @ListSet
          @Nullable List<@Size(min = 1, max = Bounds.NAME) @Pattern(Patterns.OBJECT_NAME) String>
              imagePullSecrets,
      @JsonPropertyDescription(
              "Arguments of vLLM that workloads may set in extraArgs, of those that can be opened (VLLM-208).")
          @Size(max = 256)
          @ListSet
          @Nullable
              List<@Size(min = 3, max = 128) @Pattern("^--[a-z0-9]([a-z0-9-]*[a-z0-9])?$") String>
              allowedArguments,
      @JsonPropertyDescription(
              "Variables that workloads may set in env, of those that can be opened (VLLM-209).")
          @Size(max = 128)
          @ListSet
          @Nullable List<@Size(min = 1, max = 128) @Pattern(Patterns.VARIABLE) String>
              allowedEnvironment,
      @JsonPropertyDescription("true: resources.gpus may be 0 (VLLM-210). Default false.")
          @Nullable Boolean allowCpu) {}

  /** An engine image. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  @ValidationRule(
      value = "has(self.version)",
      reason = Cel.REQUIRED,
      fieldPath = ".version",
      message = RuleText.POLICY_IMAGE_FIELD_REQUIRED)
  public record Image(
      @JsonPropertyDescription("The image by digest.")
          @Required
          @Size(max = Bounds.IMAGE_LENGTH)
          @ValidationRule(value = Cel.IMAGE, message = RuleText.POLICY_IMAGE)
          String image,
      @JsonPropertyDescription("The version of vLLM in it.")
          @Size(max = 63)
          @Pattern(Patterns.VERSION)
          @Nullable String version,
      @JsonPropertyDescription("Its presence stops every engine of this image at once (VLLM-701).")
          @Nullable Revoked revoked) {}

  /** Why an image must not run. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public record Revoked(
      @JsonPropertyDescription("Why; shown to every workload that it stops.")
          @Size(min = 1, max = Bounds.REASON)
          @Nullable String reason,
      @JsonPropertyDescription(
              "Since when it is known to be bad. For people: a time to come revokes as well.")
          @DateTime
          @Size(max = 64)
          @Nullable String since) {}

  /** Upper bounds. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public record Limits(
      @JsonPropertyDescription("Above 0 and at most 0.95 (VLLM-201). Default 0.85.")
          @Min(-1e9)
          @Max(1e9)
          @ValidationRule(
              value = "self > 0.0 && self <= 0.95",
              message = RuleText.POLICY_GPU_MEMORY)
          @Nullable Double gpuMemoryUtilization,
      @JsonPropertyDescription("1 to 1048576 (VLLM-206). Default 4096.")
          @ValidationRule(value = Cel.UP_TO_1048576, message = RuleText.POLICY_UP_TO_1048576)
          @Nullable Integer maxModelLen,
      @JsonPropertyDescription("1 to 1048576 (VLLM-203). Default 8192.")
          @ValidationRule(value = Cel.UP_TO_1048576, message = RuleText.POLICY_UP_TO_1048576)
          @Nullable Integer maxNumBatchedTokens,
      @JsonPropertyDescription("1 to 4096 (VLLM-204). Default 256.")
          @ValidationRule(value = Cel.UP_TO_4096, message = RuleText.POLICY_UP_TO_4096)
          @Nullable Integer maxNumSeqs,
      @JsonPropertyDescription(
              "The block sizes that are legal, 1 to 16 of them (VLLM-205). Default 16 alone.")
          @Size(max = 16)
          @ListSet
          @ValidationRule(
              value = "size(self) > 0",
              reason = Cel.REQUIRED,
              message = RuleText.POLICY_BLOCK_SIZES)
          @ItemRule(value = "self >= 1 && self <= 1024", message = RuleText.POLICY_UP_TO_1024)
          @Nullable List<Integer> blockSizes,
      @JsonPropertyDescription("1 to 1048576 (VLLM-502). Default 8192.")
          @ValidationRule(value = Cel.UP_TO_1048576, message = RuleText.POLICY_UP_TO_1048576)
          @Nullable Integer maxPromptCharacters,
      @JsonPropertyDescription("1 to 4096 (VLLM-302). Default 2048.")
          @ValidationRule(value = Cel.UP_TO_4096, message = RuleText.POLICY_UP_TO_4096)
          @Nullable Integer maxOutputTokens,
      @JsonPropertyDescription("The highest sampling temperature, 0 to 2 (VLLM-503). Default 2.")
          @Min(-1e9)
          @Max(1e9)
          @ValidationRule(value = Cel.TEMPERATURE, message = RuleText.POLICY_TEMPERATURE)
          @Nullable Double temperature,
      @JsonPropertyDescription("1 to 1000000 per key id (VLLM-303). Default 60.")
          @ValidationRule(
              value = "self >= 1 && self <= 1000000",
              message = RuleText.POLICY_UP_TO_1000000)
          @Nullable Integer requestsPerMinute,
      @JsonPropertyDescription("1 to 100000000 per key id (VLLM-305). Default 1000000.")
          @ValidationRule(
              value = "self >= 1 && self <= 100000000",
              message = RuleText.POLICY_UP_TO_100000000)
          @Nullable Integer tokensPerMinute,
      @JsonPropertyDescription("1 to 4096 per tenant (VLLM-304). Default 256.")
          @ValidationRule(value = Cel.UP_TO_4096, message = RuleText.POLICY_UP_TO_4096)
          @Nullable Integer maxConcurrentRequests,
      @JsonPropertyDescription(
              "The laxest mode that a workload may choose (VLLM-504): Enforce, Audit, Off. Default Enforce.")
          @Nullable DenyPatternsMode denyPatternsMode,
      @JsonPropertyDescription("Workloads in one namespace, 1 to 10000 (VLLM-712). Default 50.")
          @ValidationRule(
              value = "self >= 1 && self <= 10000",
              message = RuleText.POLICY_UP_TO_10000)
          @Nullable Integer workloadsPerNamespace) {}

  /** Other limits for some namespaces. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  @ValidationRule(
      value = "has(self.namespaces)",
      reason = Cel.REQUIRED,
      fieldPath = ".namespaces",
      message = RuleText.POLICY_OVERRIDE_NAMESPACES)
  @ValidationRule(
      value = "has(self.limits)",
      reason = Cel.REQUIRED,
      fieldPath = ".limits",
      message = RuleText.POLICY_OVERRIDE_LIMITS)
  public record LimitOverride(
      @JsonPropertyDescription("Where: namespaces by name or label, at least one.")
          @ValidationRule(
              value = Cel.SOME_NAMESPACES,
              reason = Cel.REQUIRED,
              message = RuleText.POLICY_NAMESPACES)
          @Nullable NamespaceMatch namespaces,
      @JsonPropertyDescription("For these TrustedModels alone, 1 to 256. Default: all.")
          @Size(max = 256)
          @ListSet
          @ValidationRule(
              value = "size(self) > 0",
              reason = Cel.REQUIRED,
              message = RuleText.POLICY_OVERRIDE_MODELS)
          @Nullable List<@Size(min = 1, max = 63) @Pattern(Patterns.MODEL_NAME) String> models,
      @JsonPropertyDescription("The limits that change.") @Nullable Limits limits,
      @JsonPropertyDescription("Why.") @Size(max = Bounds.REASON) @Nullable String reason,
      @JsonPropertyDescription("When it ends, RFC 3339 with a zone. Default: never.")
          @DateTime
          @Size(max = 64)
          @Nullable String expires) {}

  /** What vouches for a node. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public record Nodes(
      @JsonPropertyDescription(
              "The label by which the platform vouches that a node has no swap (VLLM-212): KEY (its value is"
                  + " true) or KEY=VALUE. Default ringfence.dev.node-restriction.kubernetes.io/no-swap, which a"
                  + " kubelet cannot give itself.")
          @Size(min = 1, max = 381)
          @Pattern(
              "^([a-z0-9]([a-z0-9.-]*[a-z0-9])?/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?(=[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?$")
          @Nullable String noSwapLabel) {}

  /** Where workloads may run. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  @ValidationRule(
      value =
          "!has(self.defaultRuntimeClassName) || (has(self.runtimeClassNames) && self.defaultRuntimeClassName in self.runtimeClassNames)",
      fieldPath = ".defaultRuntimeClassName",
      message = RuleText.POLICY_DEFAULT_RUNTIME_CLASS)
  public record Scheduling(
      @JsonPropertyDescription("RuntimeClasses that workloads may name, at most 64 (VLLM-706).")
          @Size(max = Bounds.NAMES)
          @ListSet
          @Nullable List<@Size(min = 1, max = Bounds.NAME) @Pattern(Patterns.OBJECT_NAME) String>
              runtimeClassNames,
      @JsonPropertyDescription(
              "The RuntimeClass of workloads that name none; one of runtimeClassNames.")
          @Size(min = 1, max = Bounds.NAME)
          @Pattern(Patterns.OBJECT_NAME)
          @Nullable String defaultRuntimeClassName,
      @JsonPropertyDescription(
              "Resources that are whole GPUs or MIG slices, at most 32 (VLLM-210). Default nvidia.com/gpu and"
                  + " amd.com/gpu.")
          @Size(max = 32)
          @ListSet
          @ItemRule(value = Cel.GPU_RESOURCE, message = RuleText.POLICY_GPU_RESOURCE)
          @Nullable List<@Size(min = 1, max = 317) @Pattern(Patterns.LABEL_KEY) String>
              gpuResources,
      @JsonPropertyDescription(
              "PriorityClasses that workloads may name, at most 64; never system-* (VLLM-711).")
          @Size(max = Bounds.NAMES)
          @ListSet
          @ItemRule(value = "!self.startsWith('system-')", message = RuleText.POLICY_PRIORITY_CLASS)
          @Nullable List<@Size(min = 1, max = Bounds.NAME) @Pattern(Patterns.OBJECT_NAME) String>
              priorityClassNames,
      @JsonPropertyDescription("Keys of taints that workloads may tolerate, at most 64 (VLLM-711).")
          @Size(max = Bounds.NAMES)
          @ListSet
          @Nullable List<@Size(min = 1, max = 317) @Pattern(Patterns.LABEL_KEY) String>
              tolerationKeys,
      @JsonPropertyDescription(
              "true: a workload's namespace must enforce the restricted Pod Security level (VLLM-707). Default true.")
          @Nullable Boolean requireRestrictedNamespace,
      @JsonPropertyDescription(
              "true: a workload's namespace must be dedicated (VLLM-709). Default false.")
          @Nullable Boolean requireDedicatedNamespace) {}

  /** Who may reach guards. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public record Network(
      @JsonPropertyDescription("Clients of every workload, such as a gateway, at most 16.")
          @Size(max = Bounds.PEERS)
          @Nullable List<PolicyPeer> clients,
      @JsonPropertyDescription("Who may read metrics, such as Prometheus, at most 16.")
          @Size(max = Bounds.PEERS)
          @Nullable List<PolicyPeer> monitoring,
      @JsonPropertyDescription(
              "true: a guard that can reach the API server is not ready, since then nothing enforces"
                  + " NetworkPolicies (VLLM-509). Default true.")
          @Nullable Boolean requireEnforcement,
      @JsonPropertyDescription(
              "true: every tenant needs a tlsSecretName (VLLM-511). Default false.")
          @Nullable Boolean requireTls) {}

  /** As {@link Peer}, with the policy's own rule. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  @ValidationRule(value = Cel.PEER, message = RuleText.POLICY_PEER)
  @ValidationRule(
      value = Cel.NARROW,
      fieldPath = ".namespaceSelector",
      message = RuleText.POLICY_PEER)
  public record PolicyPeer(
      @JsonPropertyDescription(
              "The namespaces, by label. Needs a matchLabels entry or an In expression with values: an"
                  + " empty selector would be every namespace.")
          @Nullable LabelSelector namespaceSelector,
      @JsonPropertyDescription(
              "The pods in those namespaces, by label. Without a namespaceSelector: pods of the"
                  + " workload's own namespace, and {} is all of them.")
          @Nullable LabelSelector podSelector) {}

  /** How models are fetched. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public record Fetch(
      @JsonPropertyDescription("A proxy for the fetch Job: http(s)://host[:port].")
          @Size(max = 1024)
          @Pattern("^https?://[A-Za-z0-9]([A-Za-z0-9.-]{0,253})(:[0-9]{1,5})?/?$")
          @Nullable String httpsProxy,
      @JsonPropertyDescription(
              "A ConfigMap in the workload's namespace with certificate authorities, entry ca.crt.")
          @Size(min = 1, max = Bounds.NAME)
          @Pattern(Patterns.OBJECT_NAME)
          @Nullable String caBundleConfigMap,
      @JsonPropertyDescription("Private address ranges that the fetch Job may reach, at most 64.")
          @Size(max = Bounds.NAMES)
          @ListSet
          @ItemRule(value = Cel.EGRESS, message = RuleText.POLICY_EGRESS)
          @Nullable List<@Size(max = 64) String> egressCidrs) {}

  /** What depends on the cluster in every pod. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public record Pod(
      @JsonPropertyDescription(
              "The user id of every container, 1 to 2147483647; OpenShift gives a range. Default 2000.")
          @ValidationRule(
              value = "self >= 1 && self <= 2147483647",
              message = RuleText.POLICY_RUN_AS_USER)
          @Nullable Long runAsUser,
      @JsonPropertyDescription(
              "Required: CPU limit equals request. None: no CPU limit; memory's stays (VLLM-708). Default Required.")
          @Nullable CpuLimits cpuLimits) {

    /** Whether containers have a CPU limit. */
    public enum CpuLimits {
      Required,
      None
    }
  }

  /** How changes that restart engines are rolled out. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public record Rollout(
      @JsonPropertyDescription(
              "Workloads whose engines restart at one time in the cluster, 1 to 100. Default 5.")
          @ValidationRule(
              value = "self >= 1 && self <= 100",
              message = RuleText.POLICY_CONCURRENT_WORKLOADS)
          @Nullable Integer maxConcurrentWorkloads) {}

  /** How long a workload serves on that is no longer acceptable. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public record Hold(
      @JsonPropertyDescription("Days, 0 to 365. Default 30.")
          @ValidationRule(value = "self >= 0 && self <= 365", message = RuleText.POLICY_HOLD_DAYS)
          @Nullable Integer days) {}

  /** A rule lifted for some namespaces. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  @ValidationRule(
      value = "has(self.rule)",
      reason = Cel.REQUIRED,
      fieldPath = ".rule",
      message = RuleText.POLICY_WAIVER_FIELD_REQUIRED)
  @ValidationRule(
      value = "has(self.namespaces)",
      reason = Cel.REQUIRED,
      fieldPath = ".namespaces",
      message = RuleText.POLICY_WAIVER_NAMESPACES)
  @ValidationRule(
      value = "has(self.reason)",
      reason = Cel.REQUIRED,
      fieldPath = ".reason",
      message = RuleText.POLICY_WAIVER_FIELD_REQUIRED)
  @ValidationRule(
      value = "has(self.approvedBy)",
      reason = Cel.REQUIRED,
      fieldPath = ".approvedBy",
      message = RuleText.POLICY_WAIVER_FIELD_REQUIRED)
  @ValidationRule(
      value = "has(self.expires)",
      reason = Cel.REQUIRED,
      fieldPath = ".expires",
      message = RuleText.POLICY_WAIVER_FIELD_REQUIRED)
  public record Waiver(
      @JsonPropertyDescription("The rule: VLLM-207, 212, 706, 707, 709 or 711.")
          @Size(max = 63)
          @ValidationRule(value = Cel.WAIVABLE, message = RuleText.POLICY_WAIVER_RULE)
          @Nullable String rule,
      @JsonPropertyDescription("Where: exact names, 1 to 256.")
          @Size(max = Bounds.NAMESPACES)
          @ListSet
          @ValidationRule(
              value = "size(self) > 0",
              reason = Cel.REQUIRED,
              message = RuleText.POLICY_WAIVER_NAMESPACES)
          @Nullable List<@Size(min = 1, max = 63) @Pattern(Patterns.NAMESPACE) String> namespaces,
      @JsonPropertyDescription("Why.") @Size(min = 1, max = Bounds.REASON) @Nullable String reason,
      @JsonPropertyDescription("Who answers for it.") @Size(min = 1, max = Bounds.REASON)
          @Nullable String approvedBy,
      @JsonPropertyDescription("When it ends, RFC 3339 with a zone, at most 366 days ahead.")
          @DateTime
          @Size(max = 64)
          @Nullable String expires) {}
}
