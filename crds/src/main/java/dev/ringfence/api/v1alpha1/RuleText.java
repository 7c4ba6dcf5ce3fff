package dev.ringfence.api.v1alpha1;

/**
 * What a message says after its path, kind and value, for every fault that more than one ring can
 * see: {@code <rule id> must ...; <fix>}. The annotations that become CEL rules and the rule engine
 * use the same constant, so the API server, the webhook, a condition and the command line say the
 * same thing.
 */
public final class RuleText {
  // 1xx: isolate the KV cache
  public static final String WORKLOAD_NAME =
      "VLLM-102 must be at most 41 lower-case letters, digits and single dashes, starting with a letter and ending with a letter or digit, since it becomes part of every object's name; rename the workload";
  public static final String TENANT_NAME =
      "VLLM-102 must be at most 20 lower-case letters, digits and single dashes, starting with a letter and ending with a letter or digit, since it becomes part of every object's name; rename the tenant";
  public static final String TENANTS_REQUIRED =
      "VLLM-102 must list at least one tenant, each gets an engine of its own; add a tenant with a name and an apiKeySecretRef";
  public static final String SERVED_NAME =
      "VLLM-102 must be at most 128 letters, digits and . _ / -, starting with a letter or digit, since clients and the engine's command line use it; rename it";
  public static final String PREFIX_CACHING =
      "VLLM-101 must be false, a shared prefix cache leaks prompts between requests; remove it or set it to false";
  public static final String LOG_REQUESTS =
      "VLLM-103 must be false, logged prompts reach the node's disk; remove it or set it to false";
  public static final String RESERVED_SHARING_LABEL =
      "VLLM-106 must not select on nvidia.com/gpu.sharing-strategy, Ringfence itself keeps engines off time-sliced and MPS GPUs; remove this label";

  // 2xx: memory configuration
  public static final String GPU_MEMORY_UTILIZATION =
      "VLLM-201 must be above 0 and at most 0.95, an engine without head-room runs out of memory for everybody; set it to 0.85 or remove it";
  public static final String SWAP_SPACE =
      "VLLM-202 must be 0, swapped KV cache puts prompts on disk; remove it or set it to 0";
  public static final String MAX_NUM_BATCHED_TOKENS =
      "VLLM-203 must be a whole number from 1 to 1048576; set it to 4096 or remove it";
  public static final String MAX_NUM_SEQS =
      "VLLM-204 must be a whole number from 1 to 4096; set it to 64 or remove it";
  public static final String MAX_MODEL_LEN =
      "VLLM-206 must be a whole number from 1 to 1048576; set it to 4096 or remove it";
  public static final String EXTRA_ARGUMENT =
      "VLLM-208 must be one argument of vLLM as --name=value or a value alone, printable ASCII without blanks and without $(; write it so or remove it";
  public static final String GPUS =
      "VLLM-210 must be a whole number of GPUs from 0 to 16; set it to 1 or remove it";
  public static final String TENSOR_PARALLEL_SIZE =
      "VLLM-210 must equal resources.gpus, an engine uses all GPUs of its pod and no others; remove tensorParallelSize or make the two equal";
  public static final String RESOURCES_REQUIRED =
      "VLLM-211 must be declared with cpu and memory, an engine without a bound takes its node down; add resources.cpu and resources.memory";
  public static final String TMPFS_WITHIN_MEMORY =
      "VLLM-211 must together be less than memory, since tmpfs counts as memory; lower sharedMemory or scratch, or raise memory";
  public static final String STORAGE_SHRINKS =
      "VLLM-211 must not shrink, a volume cannot; keep the size or raise it";
  public static final String STORAGE_IMMUTABLE =
      "VLLM-211 must stay as it was created, a volume's class and access mode cannot change; keep it, or make a workload of another name";
  public static final String RESERVED_NO_SWAP_LABEL =
      "VLLM-212 must not select on the label that vouches for swap-free nodes, Ringfence adds it itself; remove this label";

  // 3xx: requests in a batch
  public static final String MAX_OUTPUT_TOKENS =
      "VLLM-302 must be a whole number from 1 to 4096; set it to 2048 or remove it";
  public static final String DEFAULT_OUTPUT_TOKENS =
      "VLLM-302 must be a whole number from 1 to 4096; set it to 512 or remove it";
  public static final String DEFAULT_ABOVE_MAX_OUTPUT =
      "VLLM-302 must not be above maxOutputTokens; lower defaultOutputTokens or raise maxOutputTokens";
  public static final String REQUESTS_PER_MINUTE =
      "VLLM-303 must be a whole number from 1 to 1000000; set it to 60 or remove it";
  public static final String MAX_CONCURRENT_REQUESTS =
      "VLLM-304 must be a whole number from 1 to 4096; set it to 32 or remove it";
  public static final String TOKENS_PER_MINUTE =
      "VLLM-305 must be a whole number from 1 to 100000000; set it to the limit of the policy or remove it";

  // 4xx: the model's source
  public static final String MODEL_REQUIRED =
      "VLLM-401 must name a TrustedModel, only models that the platform team vouches for are served; set model.ref (kubectl get trustedmodels lists them)";
  public static final String MODEL_REF =
      "VLLM-401 must be the name of a TrustedModel, not a repository or path; use a name that kubectl get trustedmodels lists";
  public static final String TRUST_REMOTE_CODE =
      "VLLM-402 must be false, code from a model repository runs with everything the engine holds; remove it or set it to false";
  public static final String LOAD_FORMAT =
      "VLLM-403 must be safetensors, other formats can run code while loading; remove it or set it to safetensors";
  public static final String MODEL_FORMAT =
      "VLLM-403 must be safetensors, other formats can run code while loading; convert the model and list its .safetensors files";
  public static final String SOURCE_ONE =
      "VLLM-404 must have exactly one of huggingFace, image and volumeClaim; keep the one that holds the model";
  public static final String SOURCE_REVISION =
      "VLLM-404 must be a full commit of 40 hexadecimal digits, a branch or tag can move; use the commit that the hub shows for it";
  public static final String SOURCE_REPOSITORY =
      "VLLM-404 must be OWNER/NAME as the hub writes it; correct it";
  public static final String SOURCE_ENDPOINT =
      "VLLM-404 must be a plain https://host[:port][/path] without user, query or fragment; correct it or remove it for the hub itself";
  public static final String SOURCE_IMAGE =
      "VLLM-404 must be an image reference that ends in @sha256: and 64 hexadecimal digits, a tag can move; add the digest";
  public static final String SOURCE_CLAIM =
      "VLLM-404 must be the name of a PersistentVolumeClaim; correct it";
  public static final String SOURCE_PATH =
      "VLLM-404 must be a plain relative folder without . or .. parts; correct it or remove it";
  public static final String MODEL_IMMUTABLE =
      "VLLM-404 must not change, other bytes are another model; make a TrustedModel of another name";
  public static final String FILES_IMMUTABLE =
      "VLLM-405 must not change, other bytes are another model; make a TrustedModel of another name";
  public static final String FILE_PATH =
      "VLLM-405 must be a plain relative path of a model file (.safetensors .json .txt .model .jinja .md .tiktoken .spm .bpe .vocab, LICENSE or NOTICE); remove the file from the model or correct the path";
  public static final String FILE_SHA256 =
      "VLLM-405 must be 64 hexadecimal digits in lower case; write what sha256sum prints for the file";
  public static final String FILE_SIZE =
      "VLLM-405 must be the file's size in bytes, from 1 to 9007199254740992; write what stat or the hub says";
  public static final String CONFIG_JSON_REQUIRED =
      "VLLM-405 must list config.json and at least one .safetensors file, every served file needs its digest; make the list with ringfence trust";
  public static final String REVOKED_ONE_WAY =
      "VLLM-408 must not be removed, a revoked model stays revoked; make a TrustedModel of another name for other bytes";
  public static final String TOKEN_SECRET =
      "VLLM-406 must name a Secret and an entry in the same namespace, a token is never written down; set tokenSecretRef to {name: SECRET, key: ENTRY}";

  // 5xx: the API
  public static final String API_KEYS_REQUIRED =
      "VLLM-501 must name a Secret with API keys, nobody is let in without a key; set apiKeySecretRef to {name: SECRET} (ringfence keys new prints a key)";
  public static final String API_KEY_SECRET =
      "VLLM-501 must be the name of a Secret in the same namespace; correct it";
  public static final String MAX_PROMPT_CHARACTERS =
      "VLLM-502 must be a whole number from 1 to 1048576; set it to 8192 or remove it";
  public static final String TEMPERATURE =
      "VLLM-503 must be a number from 0 to 2; correct it or remove it";
  public static final String TEMPERATURE_ORDER =
      "VLLM-503 must have min at most default and default at most max; correct the three";
  public static final String ENDPOINTS_EMPTY =
      "VLLM-505 must list at least one endpoint; remove it for chat, completions and models, or list some";
  public static final String EMBEDDINGS_ALONE =
      "VLLM-505 must be embeddings with models alone, an embedding engine serves nothing else; make the generating endpoints a workload of their own";
  public static final String POLICY_NAME =
      "VLLM-507 must be default, the one policy of a cluster has this name; rename it";
  public static final String ALLOW_FROM_EMPTY =
      "VLLM-509 must list at least one peer, an empty list would let everybody in; remove it for the same namespace, or list peers";
  public static final String PEER =
      "VLLM-509 must have a namespaceSelector with a matchLabels entry or an In expression with values, or a podSelector, an empty selector would let everybody in; name the namespaces";
  public static final String SECRET_ROLES =
      "VLLM-510 must not be a Secret that has another role or tenant, a Secret serves one role and one tenant name; give each a Secret of its own";
  public static final String TLS_SECRET =
      "VLLM-511 must be the name of a TLS Secret in the same namespace; correct it or remove it";

  // 7xx: pod and platform
  public static final String IMAGE_DIGEST =
      "VLLM-701 must be an image reference that ends in @sha256: and 64 hexadecimal digits, a tag can move; use an image that the policy lists";

  // Judged by the API server too
  public static final String SERVED_NAMES_EMPTY =
      "VLLM-102 must have at least one name; add one or remove the list for the workload's name";
  public static final String BLOCK_SIZE =
      "VLLM-205 must be a whole number from 1 to 1024 that the policy lists; remove it or set it to 16";
  public static final String TENSOR_PARALLEL_RANGE =
      "VLLM-210 must be a whole number from 1 to 16 that equals resources.gpus; remove it";
  public static final String CPU_REQUIRED =
      "VLLM-211 must be declared, it is request and limit of the engine; add resources.cpu";
  public static final String MEMORY_REQUIRED =
      "VLLM-211 must be declared, it is request and limit of the engine; add resources.memory";
  public static final String QUANTITY =
      "VLLM-211 must be a quantity above 0, as 48Gi or 500m; correct it";
  public static final String STORAGE_SIZE =
      "VLLM-211 must be a quantity above 0, as 40Gi; correct it or remove it";
  public static final String STARTUP_TIMEOUT =
      "VLLM-001 must be a whole number of seconds from 60 to 7200; set it to 1800 or remove it";
  public static final String DRAIN =
      "VLLM-001 must be a whole number of seconds from 0 to 600; set it to 60 or remove it";
  public static final String REPLICAS =
      "VLLM-001 must be a whole number from 0 to 32; set it to 1 or remove it";
  public static final String REPLICAS_OR_SCALING =
      "VLLM-001 must not stand beside scaling, the number then belongs to the autoscaler; remove one of the two";
  public static final String SCALING_RANGE =
      "VLLM-001 must be a whole number from 1 to 32; correct it";
  public static final String SCALING_ORDER =
      "VLLM-001 must have minReplicas at most maxReplicas; correct the two";
  public static final String SCALING_MAX_REQUIRED =
      "VLLM-001 must be there, each guard enforces its share of the limits by it; add it";
  public static final String SHARE_OF_REQUESTS =
      "VLLM-303 must be at most requestsPerMinute, each guard enforces its share and it would be 0; lower it or raise the limit";
  public static final String SHARE_OF_CONCURRENT =
      "VLLM-304 must be at most maxConcurrentRequests, each guard enforces its share and it would be 0; lower it or raise the limit";
  public static final String TRUSTED_MODEL_NAME =
      "VLLM-401 must be at most 63 lower-case letters, digits, dots and dashes, starting and ending with a letter or digit; rename the model";
  public static final String ARCHITECTURES_REQUIRED =
      "VLLM-001 must list at least one architecture; copy architectures from config.json";
  public static final String ARCHITECTURE =
      "VLLM-001 must be an architecture's name of letters, digits and _; copy it from config.json";
  public static final String QUANTIZATION_REQUIRED =
      "VLLM-602 must say how the weights are quantized, it is never guessed from the checkpoint; set method to none or to what config.json says";
  public static final String QUANTIZATION_NONE =
      "VLLM-604 must have no bits and no groupSize with method none; remove them or name the method";
  public static final String BITS =
      "VLLM-604 must be a whole number from 1 to 16; copy it from config.json";
  public static final String GROUP_SIZE =
      "VLLM-604 must be -1 or a whole number from 1 to 65536; copy it from config.json";
  public static final String FILE_FIELD_REQUIRED =
      "VLLM-405 must be there for every file; make the list with ringfence trust";
  public static final String SMOKE_TEST_REQUIRED =
      "VLLM-603 must have at least one test for a quantized model, a damaged quantization answers garbage; add one with prompt, expect and maxTokens";
  public static final String SMOKE_TEST_FIELD_REQUIRED =
      "VLLM-603 must be there for every smoke test; add it";
  public static final String SMOKE_TEST_TOKENS =
      "VLLM-603 must be a whole number from 1 to 256; correct it";
  public static final String POLICY_UP_TO_1024 =
      "VLLM-507 must be a whole number from 1 to 1024; correct it";
  public static final String POLICY_UP_TO_4096 =
      "VLLM-507 must be a whole number from 1 to 4096; correct it";
  public static final String POLICY_UP_TO_10000 =
      "VLLM-507 must be a whole number from 1 to 10000; correct it";
  public static final String POLICY_UP_TO_1000000 =
      "VLLM-507 must be a whole number from 1 to 1000000; correct it";
  public static final String POLICY_UP_TO_1048576 =
      "VLLM-507 must be a whole number from 1 to 1048576; correct it";
  public static final String POLICY_UP_TO_100000000 =
      "VLLM-507 must be a whole number from 1 to 100000000; correct it";
  public static final String POLICY_GPU_MEMORY =
      "VLLM-507 must be above 0 and at most 0.95; lower it";
  public static final String POLICY_TEMPERATURE =
      "VLLM-507 must be a number from 0 to 2; correct it";
  public static final String POLICY_BLOCK_SIZES =
      "VLLM-507 must list at least one block size; add 16 or remove the list";
  public static final String POLICY_CONCURRENT_WORKLOADS =
      "VLLM-507 must be a whole number from 1 to 100; set it to 5 or remove it";
  public static final String POLICY_HOLD_DAYS =
      "VLLM-507 must be a whole number of days from 0 to 365; set it to 30 or remove it";
  public static final String POLICY_RUN_AS_USER =
      "VLLM-507 must be a user id from 1 to 2147483647, never root; correct it or remove it for 2000";
  public static final String POLICY_IMAGE =
      "VLLM-507 must be an image reference that ends in @sha256: and 64 hexadecimal digits; add the digest";
  public static final String POLICY_IMAGE_FIELD_REQUIRED =
      "VLLM-507 must be there for every image; add it";
  public static final String POLICY_OVERRIDE_NAMESPACES =
      "VLLM-507 must say where it applies; add namespaces with names or a selector";
  public static final String POLICY_NAMESPACES =
      "VLLM-507 must name namespaces or select them; add names or a selector";
  public static final String POLICY_OVERRIDE_MODELS =
      "VLLM-507 must name a model; remove the list for all models";
  public static final String POLICY_OVERRIDE_LIMITS =
      "VLLM-507 must have the limits that it changes; add limits";
  public static final String POLICY_DEFAULT_RUNTIME_CLASS =
      "VLLM-507 must be one of runtimeClassNames; add it there";
  public static final String POLICY_GPU_RESOURCE =
      "VLLM-507 must be an extended resource that stands for whole GPUs, as nvidia.com/gpu; correct it";
  public static final String POLICY_PRIORITY_CLASS =
      "VLLM-507 must be the name of a PriorityClass that does not begin with system-; correct it";
  public static final String POLICY_PEER =
      "VLLM-507 must have a namespaceSelector with a matchLabels entry or an In expression with values, or a podSelector, an empty selector would let everybody in; name the namespaces";
  public static final String POLICY_EGRESS =
      "VLLM-507 must be an address range as 10.20.0.0/16 that holds neither all, loopback, link-local nor metadata addresses; narrow it";
  public static final String POLICY_WAIVER_RULE =
      "VLLM-507 must be a rule that can be waived: VLLM-207, VLLM-212, VLLM-706, VLLM-707, VLLM-709 or VLLM-711; numbers are loosened by overrides";
  public static final String POLICY_WAIVER_NAMESPACES =
      "VLLM-507 must name at least one namespace; add it";
  public static final String POLICY_WAIVER_FIELD_REQUIRED =
      "VLLM-507 must be there for every waiver; add it";

  private RuleText() {}
}
