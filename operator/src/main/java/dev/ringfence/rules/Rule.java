package dev.ringfence.rules;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The rule table. Messages, {@code explain}, the pages under docs/rules, SARIF and metrics are made
 * from it.
 *
 * <p>The first digit groups the rules: 1 KV cache, 2 memory configuration, 3 requests in a batch, 4
 * model source, 5 API, 6 quantized models, 7 pod and platform; 001 is shape.
 */
public enum Rule {
  VLLM_001(
      "A valid object of Ringfence's API",
      "Everything about the shape of an object that no other rule governs: unknown fields and kinds, wrong types, values outside a range that harms nobody but the object.",
      "Follow the message; kubectl explain vllmdeployment.spec shows every field.",
      "CWE-20",
      Set.of(Ring.SCHEMA, Ring.WEBHOOK, Ring.RECONCILER)),
  VLLM_101(
      "Prefix caching is off",
      "vLLM shares cached prefixes between all requests of an engine; how fast an answer comes tells one user what another has asked. vLLM switches it on when nothing is said, so Ringfence always renders --no-enable-prefix-caching.",
      "Remove spec.engine.enablePrefixCaching or set it to false; remove prefix caching arguments from extraArgs.",
      "OWASP LLM06, CWE-200, CWE-203, CVE-2025-46570",
      Set.of(Ring.CEL, Ring.WEBHOOK, Ring.RECONCILER, Ring.VAP, Ring.ATTESTATION)),
  VLLM_102(
      "One engine per tenant, with names that cannot meet",
      "A tenant is a security boundary, so it gets an engine of its own; object names are made of the workload's and the tenant's name, which therefore follow one pattern and never repeat.",
      "List each tenant once under spec.tenants; use lower-case letters, digits and single dashes.",
      "OWASP LLM06, CWE-200, CWE-653",
      Set.of(Ring.CEL, Ring.WEBHOOK, Ring.RECONCILER)),
  VLLM_103(
      "No prompt and no output in a log",
      "Container logs always reach the node's disk. Request and output logging stay off and the log level stays at INFO.",
      "Remove spec.engine.enableLogRequests or set it to false; remove logging arguments and variables.",
      "OWASP LLM06, CWE-532",
      Set.of(Ring.CEL, Ring.WEBHOOK, Ring.RECONCILER, Ring.VAP)),
  VLLM_104(
      "No KV cache leaves the engine",
      "KV transfer, offload, events and external caches copy what was computed from prompts to other processes, hosts or disks.",
      "Remove KV transfer, offload, event and LMCache settings.",
      "OWASP LLM06, CWE-200",
      Set.of(Ring.WEBHOOK, Ring.RECONCILER, Ring.VAP, Ring.ATTESTATION)),
  VLLM_105(
      "Nothing is shared between tenants",
      "No writable volume, no ServiceAccount and no Secret serves two tenants; compile caches hold code and stay private to a pod.",
      "Remove volumes and cache folders; give each tenant Secrets of its own.",
      "CWE-668, CWE-653",
      Set.of(Ring.SCHEMA, Ring.WEBHOOK, Ring.RECONCILER, Ring.VAP)),
  VLLM_106(
      "No GPU shared by time-slicing or MPS",
      "Time-sliced and MPS GPUs isolate neither memory nor faults between the engines on them.",
      "Ask for whole GPUs and leave the sharing label to Ringfence.",
      "CWE-653, CWE-1189",
      Set.of(Ring.CEL, Ring.WEBHOOK, Ring.RECONCILER, Ring.VAP)),
  VLLM_201(
      "The memory fraction leaves head-room",
      "An engine that takes nearly all GPU memory dies under load, for every user of it. Nothing may override the fraction.",
      "Set spec.engine.gpuMemoryUtilization to at most the policy's limit (0.85 by default); an overrides entry of the VLLMPolicy may allow more.",
      "OWASP LLM04, CWE-400, CWE-401",
      Set.of(Ring.CEL, Ring.WEBHOOK, Ring.RECONCILER, Ring.VAP, Ring.ATTESTATION)),
  VLLM_202(
      "No swap and no offload",
      "Swapped or offloaded KV cache puts prompts into host memory or on disk.",
      "Remove spec.engine.swapSpace or set it to 0; remove swap resources and offload arguments.",
      "OWASP LLM06, CWE-226, CWE-313",
      Set.of(Ring.CEL, Ring.WEBHOOK, Ring.RECONCILER, Ring.VAP, Ring.ATTESTATION)),
  VLLM_203(
      "Batched tokens are bounded",
      "The batch bounds the memory and the time that one step takes.",
      "Set spec.engine.maxNumBatchedTokens to at most the policy's limit (8192 by default).",
      "OWASP LLM04, CWE-770",
      Set.of(Ring.CEL, Ring.WEBHOOK, Ring.RECONCILER, Ring.VAP)),
  VLLM_204(
      "Sequences in a batch are bounded",
      "Each sequence holds KV cache; without a bound one user's load exhausts all.",
      "Set spec.engine.maxNumSeqs to at most the policy's limit (256 by default).",
      "OWASP LLM04, CWE-770",
      Set.of(Ring.CEL, Ring.WEBHOOK, Ring.RECONCILER, Ring.VAP)),
  VLLM_205(
      "The block size is one that the policy lists",
      "An odd block size wastes memory or does not start.",
      "Remove spec.engine.blockSize or use one of the policy's blockSizes (16 by default).",
      "CWE-400",
      Set.of(Ring.WEBHOOK, Ring.RECONCILER, Ring.VAP)),
  VLLM_206(
      "The context is bounded",
      "The context bounds the KV cache of one request.",
      "Set spec.engine.maxModelLen to at most the policy's limit (4096 by default); an overrides entry of the VLLMPolicy may allow more.",
      "OWASP LLM04, CWE-770",
      Set.of(Ring.CEL, Ring.WEBHOOK, Ring.RECONCILER, Ring.VAP, Ring.ATTESTATION)),
  VLLM_207(
      "The engine's version is known and free of known advisories",
      "Versions below 0.32.0 have known advisories, some of them remote code execution or another user's data. A version without an argument table cannot be judged.",
      "Use an image of the policy whose version is at or above its minimumVersion.",
      "OWASP LLM05, CWE-1395",
      Set.of(Ring.WEBHOOK, Ring.RECONCILER, Ring.ATTESTATION)),
  VLLM_208(
      "Only engine arguments that the policy opened",
      "vLLM has some 250 arguments, with prefixes, aliases and underscores as further spellings; several load code, files or a second model. Only the canonical spelling of an opened argument passes.",
      "Use the typed fields of spec.engine; ask the platform team to open an argument in spec.engine.allowedArguments of the VLLMPolicy.",
      "OWASP LLM05, CWE-88, CWE-94",
      Set.of(Ring.CEL, Ring.WEBHOOK, Ring.RECONCILER, Ring.VAP)),
  VLLM_209(
      "Only environment variables that the policy opened",
      "Variables load code (LD_PRELOAD, PYTHONPATH), redirect downloads and switch on debug servers.",
      "Remove the variable; ask the platform team to open it in spec.engine.allowedEnvironment of the VLLMPolicy.",
      "CWE-426, CWE-454",
      Set.of(Ring.WEBHOOK, Ring.RECONCILER, Ring.VAP)),
  VLLM_210(
      "Whole GPUs of a listed kind",
      "An engine uses all GPUs of its pod: tensor parallel size and GPUs agree, and the resource is one that the policy lists as whole.",
      "Set resources.gpus to a whole number and leave engine.tensorParallelSize out.",
      "CWE-400, CWE-1189",
      Set.of(Ring.CEL, Ring.WEBHOOK, Ring.RECONCILER, Ring.VAP)),
  VLLM_211(
      "Memory, CPU, shared memory and storage are declared and consistent",
      "Memory without a bound takes a node down, and tmpfs counts as memory.",
      "Declare resources.cpu and resources.memory; keep sharedMemory and scratch together below memory.",
      "OWASP LLM04, CWE-400, CWE-770",
      Set.of(Ring.CEL, Ring.WEBHOOK, Ring.RECONCILER, Ring.VAP)),
  VLLM_212(
      "Runs only on nodes vouched for as swap-free",
      "A pod cannot switch off its node's swap. The platform team vouches for a node with a label that a kubelet cannot give itself.",
      "Label nodes without swap (kubectl label node NAME ringfence.dev.node-restriction.kubernetes.io/no-swap=true); leave the label out of nodeSelector.",
      "CWE-313",
      Set.of(Ring.WEBHOOK, Ring.RECONCILER, Ring.VAP)),
  VLLM_301(
      "Every request passes the guard",
      "The engine's API listens on a Unix socket of its pod only; the guard in front authenticates, validates and limits every request.",
      "Remove settings that would expose the engine.",
      "OWASP A01:2025, CWE-306",
      Set.of(Ring.RECONCILER, Ring.VAP, Ring.GUARD)),
  VLLM_302(
      "Output tokens are bounded",
      "A request without a bound holds the GPU as long as it likes.",
      "Set api.maxOutputTokens to at most the policy's limit (2048 by default, never above 4096).",
      "OWASP LLM04, CWE-770",
      Set.of(Ring.CEL, Ring.WEBHOOK, Ring.RECONCILER, Ring.GUARD)),
  VLLM_303(
      "Requests per minute are limited for each key",
      "One client cannot take all of the engine.",
      "Set tenants[].requestsPerMinute to at most the policy's limit (60 by default); replicas may not exceed it.",
      "OWASP LLM04, CWE-770",
      Set.of(Ring.CEL, Ring.WEBHOOK, Ring.RECONCILER, Ring.GUARD)),
  VLLM_304(
      "Concurrent requests are limited",
      "Waiting requests hold memory in guard and engine.",
      "Set tenants[].maxConcurrentRequests to at most the policy's limit (256 by default); replicas may not exceed it.",
      "OWASP LLM04, CWE-770",
      Set.of(Ring.CEL, Ring.WEBHOOK, Ring.RECONCILER, Ring.GUARD)),
  VLLM_305(
      "Tokens per minute are limited for each key",
      "Few requests with long answers cost as much as many short ones.",
      "Set tenants[].tokensPerMinute to at most the policy's limit.",
      "OWASP LLM04, CWE-770",
      Set.of(Ring.CEL, Ring.WEBHOOK, Ring.RECONCILER, Ring.GUARD)),
  VLLM_306(
      "Only listed request fields, and few answers per request",
      "vLLM ignores what it does not know and obeys what it should not (templates, cache salts, priorities). The guard lets listed fields through, each within its bounds.",
      "Leave the field out of the request; tools open with spec.engine.toolCallParser.",
      "CWE-20, CWE-770",
      Set.of(Ring.GUARD)),
  VLLM_401(
      "The model is in the catalogue and allowed here",
      "Only a TrustedModel that the platform team vouches for is served, in the namespaces that it allows.",
      "Set model.ref to a name that kubectl get trustedmodels lists; ask the platform team for another.",
      "OWASP LLM05, MITRE ATLAS AML.T0010",
      Set.of(Ring.WEBHOOK, Ring.RECONCILER)),
  VLLM_402(
      "No remote code, in any file",
      "Code from a model repository runs with everything that the engine holds, and other files than config.json can name it too.",
      "Remove trust settings; use a model whose files hold no auto_map or other code.",
      "OWASP LLM05, CWE-94, CVE-2025-66448, CVE-2026-27893",
      Set.of(Ring.CEL, Ring.WEBHOOK, Ring.RECONCILER, Ring.VAP, Ring.GUARD)),
  VLLM_403(
      "Safetensors only",
      "Pickle formats run code while loading.",
      "Leave loadFormat out or set it to safetensors; convert the model.",
      "OWASP LLM05, CWE-502",
      Set.of(Ring.CEL, Ring.WEBHOOK, Ring.RECONCILER, Ring.VAP, Ring.GUARD)),
  VLLM_404(
      "The source is pinned by commit or image digest",
      "A branch, tag or image name can be moved to other bytes.",
      "Write the 40-digit commit or the @sha256: digest.",
      "OWASP LLM05, CWE-494, MITRE ATLAS AML.T0010",
      Set.of(Ring.CEL, Ring.WEBHOOK, Ring.RECONCILER)),
  VLLM_405(
      "Every file's digest is verified before it is served",
      "The catalogue lists every file with size and sha256; the guard compares them at every start of the engine, and refuses any other file.",
      "List every file of the model; ringfence trust writes the list.",
      "CWE-354, CWE-494",
      Set.of(Ring.CEL, Ring.WEBHOOK, Ring.RECONCILER, Ring.GUARD)),
  VLLM_406(
      "A Hugging Face token only through tokenSecretRef",
      "A token in a specification is in Git, in etcd and in the audit log. The fetch Job alone reads it, from a file.",
      "Put the token into a Secret and name it in model.tokenSecretRef; rotate a token that was written down.",
      "CWE-798, CWE-522",
      Set.of(Ring.CEL, Ring.WEBHOOK, Ring.RECONCILER, Ring.VAP)),
  VLLM_407(
      "No second model outside the catalogue",
      "Tokenizers, draft models, adapters and template files decide what is answered as much as the weights do.",
      "Remove the argument or variable; a model of the catalogue brings its own tokenizer.",
      "OWASP LLM05, MITRE ATLAS AML.T0010",
      Set.of(Ring.WEBHOOK, Ring.RECONCILER, Ring.GUARD)),
  VLLM_408(
      "The model is not revoked",
      "The platform team has withdrawn its word for this model; its engines stop.",
      "Choose another TrustedModel.",
      "OWASP LLM05, MITRE ATLAS AML.T0020",
      Set.of(Ring.CEL, Ring.WEBHOOK, Ring.RECONCILER)),
  VLLM_409(
      "Serving pods have no way to a model hub",
      "Serving pods are offline: no route, no credential, and the engine is told so.",
      "Remove hub settings; the fetch Job downloads the model.",
      "CWE-494, CWE-918",
      Set.of(Ring.RECONCILER, Ring.VAP, Ring.GUARD)),
  VLLM_501(
      "API keys come from a Secret that is there and not empty",
      "An engine without a key is open to everybody who reaches it.",
      "Set tenants[].apiKeySecretRef.name; ringfence keys new prints a key for the Secret.",
      "OWASP A01:2025, CWE-306, CVE-2026-48746",
      Set.of(Ring.CEL, Ring.WEBHOOK, Ring.RECONCILER, Ring.GUARD)),
  VLLM_502(
      "The prompt's length is bounded",
      "A long prompt costs memory and time before the first token.",
      "Set api.maxPromptCharacters to at most the policy's limit (8192 by default).",
      "OWASP LLM04, CWE-770",
      Set.of(Ring.CEL, Ring.WEBHOOK, Ring.RECONCILER, Ring.GUARD)),
  VLLM_503(
      "Sampling parameters stay in their ranges",
      "Values beyond the ranges crash engines or make garbage.",
      "Set api.temperature within 0 and the policy's limit (2 by default), min <= default <= max.",
      "CWE-20",
      Set.of(Ring.CEL, Ring.WEBHOOK, Ring.RECONCILER, Ring.GUARD)),
  VLLM_504(
      "Deny patterns are enforced",
      "The policy's patterns are a tripwire against known injection phrases.",
      "Leave api.denyPatterns out or set its mode to Enforce; an overrides entry may allow Audit or Off.",
      "OWASP LLM01, CWE-20",
      Set.of(Ring.WEBHOOK, Ring.RECONCILER, Ring.GUARD)),
  VLLM_505(
      "Only listed endpoints, no engine internals",
      "Most of vLLM's paths ask for no key; some change models or show configuration.",
      "List generating endpoints, or embeddings with models, under api.endpoints.",
      "OWASP A01:2025, CWE-306, CWE-749",
      Set.of(Ring.CEL, Ring.WEBHOOK, Ring.RECONCILER, Ring.GUARD)),
  VLLM_506(
      "The engine clamps output too",
      "A second bound on output tokens stands in the engine's own command line.",
      "Nothing: Ringfence renders it.",
      "OWASP LLM04, CWE-770",
      Set.of(Ring.RECONCILER, Ring.VAP)),
  VLLM_507(
      "A valid policy is there",
      "Without the platform team's policy no image and no limit is known, so nothing new is accepted.",
      "kubectl apply a VLLMPolicy named default; ringfence init prints one.",
      "CWE-1188",
      Set.of(Ring.CEL, Ring.WEBHOOK, Ring.RECONCILER)),
  VLLM_508(
      "No literal credential anywhere",
      "What stands in a specification is in Git, in etcd and in the audit log.",
      "Remove it and rotate it; put the new one into a Secret.",
      "CWE-798, CWE-312",
      Set.of(Ring.WEBHOOK, Ring.RECONCILER)),
  VLLM_509(
      "The network is closed by default",
      "Guards are reached by listed peers only, and pods reach nothing.",
      "Name namespaces or pods under api.allowFrom; leave it out for the same namespace.",
      "OWASP A01:2025, CWE-284",
      Set.of(Ring.CEL, Ring.WEBHOOK, Ring.RECONCILER, Ring.VAP, Ring.GUARD)),
  VLLM_510(
      "A Secret serves one role and one tenant",
      "A certificate's public lines must never become keys, nor one tenant's keys another's.",
      "Give each role and each tenant a Secret of its own.",
      "CWE-668, CWE-284",
      Set.of(Ring.CEL, Ring.WEBHOOK, Ring.RECONCILER, Ring.GUARD)),
  VLLM_511(
      "TLS at the guard, where the policy asks",
      "Keys cross the network in clear text without it.",
      "Set tenants[].tlsSecretName to a TLS Secret of the tenant.",
      "CWE-319",
      Set.of(Ring.WEBHOOK, Ring.RECONCILER, Ring.GUARD)),
  VLLM_601(
      "A quantized model has a verified entry",
      "Quantized copies are made by strangers. The guard reads config.json at every start and refuses quantized weights whose TrustedModel does not declare their quantization; 401, 405 and 602 keep the entry itself right.",
      "Use a TrustedModel that declares the quantization and lists the files.",
      "MITRE ATLAS AML.T0020, CWE-354",
      Set.of(Ring.GUARD)),
  VLLM_602(
      "The quantization method is explicit and right",
      "A method guessed from an untrusted checkpoint decides which code reads the weights.",
      "Leave engine.quantization out or set it to what the TrustedModel says.",
      "MITRE ATLAS AML.T0020, CWE-354",
      Set.of(Ring.CEL, Ring.WEBHOOK, Ring.RECONCILER, Ring.GUARD)),
  VLLM_603(
      "A smoke test passes before traffic",
      "A damaged or poisoned quantization answers garbage.",
      "Give the quantized TrustedModel at least one smokeTest.",
      "MITRE ATLAS AML.T0020",
      Set.of(Ring.CEL, Ring.WEBHOOK, Ring.RECONCILER, Ring.GUARD)),
  VLLM_604(
      "Quantization parameters match config.json",
      "Bits and group size that differ from the checkpoint's misread the weights.",
      "Write the bits and groupSize that config.json holds.",
      "CWE-354",
      Set.of(Ring.CEL, Ring.WEBHOOK, Ring.RECONCILER, Ring.GUARD)),
  VLLM_701(
      "The engine's image is pinned by digest and in the policy",
      "The image is the engine; a tag can move.",
      "Leave engine.image out for the policy's first image, or use one that it lists.",
      "CWE-494, CWE-1357",
      Set.of(Ring.CEL, Ring.WEBHOOK, Ring.RECONCILER, Ring.VAP)),
  VLLM_702(
      "A restricted pod",
      "Non-root, read-only root file system, no privilege, no capability, seccomp.",
      "Remove securityContext; Ringfence renders a restricted one.",
      "CWE-250, CWE-269",
      Set.of(Ring.SCHEMA, Ring.RECONCILER, Ring.VAP)),
  VLLM_703(
      "No host namespaces and no host path",
      "Host namespaces and paths undo the pod's isolation.",
      "Remove hostNetwork, hostPID, hostIPC and hostPath.",
      "CWE-668, CWE-653",
      Set.of(Ring.SCHEMA, Ring.RECONCILER, Ring.VAP)),
  VLLM_704(
      "No service account token",
      "Nothing in the pod talks to the API server.",
      "Remove serviceAccountName; Ringfence makes an account without rights or token.",
      "CWE-250, CWE-522",
      Set.of(Ring.SCHEMA, Ring.RECONCILER, Ring.VAP)),
  VLLM_705(
      "No service links",
      "Variables of other Services leak names, and VLLM_PORT of a Service called vllm breaks the engine.",
      "Nothing: Ringfence renders enableServiceLinks: false.",
      "CWE-200",
      Set.of(Ring.RECONCILER, Ring.VAP)),
  VLLM_706(
      "The runtime class is listed",
      "A runtime class chooses what isolates the pod.",
      "Leave scheduling.runtimeClassName out or use one that the policy lists.",
      "CWE-653",
      Set.of(Ring.WEBHOOK, Ring.RECONCILER)),
  VLLM_707(
      "The namespace enforces the restricted Pod Security level",
      "Other pods of the namespace could otherwise take over what the engine's pod protects.",
      "kubectl label namespace NAME pod-security.kubernetes.io/enforce=restricted",
      "CWE-250",
      Set.of(Ring.WEBHOOK, Ring.RECONCILER)),
  VLLM_708(
      "Memory request equals limit in every container",
      "A container whose request is below its limit may be swapped and may be evicted; CPU too unless the policy says otherwise.",
      "Use resources.cpu and resources.memory, which are request and limit at once.",
      "CWE-400, CWE-313",
      Set.of(Ring.SCHEMA, Ring.RECONCILER, Ring.VAP)),
  VLLM_709(
      "The namespace is dedicated, where the policy asks",
      "Who may edit pods or read Secrets in a namespace is inside every tenant's boundary.",
      "Ask the platform team to label the namespace ringfence.dev/dedicated=true.",
      "CWE-653, CWE-284",
      Set.of(Ring.WEBHOOK, Ring.RECONCILER, Ring.VAP)),
  VLLM_710(
      "No container in the pod but ours",
      "An injected container sees prompts and keys.",
      "Remove containers and podTemplate; keep injectors away from the namespace.",
      "CWE-653",
      Set.of(Ring.SCHEMA, Ring.RECONCILER, Ring.VAP)),
  VLLM_711(
      "Priority class and tolerations are listed",
      "A system priority class evicts others; a free toleration reaches control-plane nodes.",
      "Use what the policy lists under scheduling.priorityClassNames and tolerationKeys.",
      "CWE-269",
      Set.of(Ring.WEBHOOK, Ring.RECONCILER, Ring.VAP)),
  VLLM_712(
      "No more workloads in a namespace than the policy says",
      "Objects without bound suffocate the cluster's store and the operator.",
      "Delete workloads that are not used, or ask for a higher limits.workloadsPerNamespace.",
      "CWE-770",
      Set.of(Ring.WEBHOOK, Ring.RECONCILER));

  private final String title;
  private final String why;
  private final String fix;
  private final String references;
  private final Set<Ring> rings;

  Rule(String title, String why, String fix, String references, Set<Ring> rings) {
    this.title = title;
    this.why = why;
    this.fix = fix;
    this.references = references;
    this.rings = rings;
  }

  /** As users see it: {@code VLLM-101}. */
  public String id() {
    return name().replace('_', '-');
  }

  public static Optional<Rule> byId(String id) {
    return Arrays.stream(values()).filter(r -> r.id().equals(id)).findFirst();
  }

  public String title() {
    return title;
  }

  /** What goes wrong without the rule. */
  public String why() {
    return why;
  }

  /** What to do about a violation, in general; a message says it for the case at hand. */
  public String fix() {
    return fix;
  }

  /** OWASP, CWE, MITRE ATLAS and CVE ids. */
  public List<String> references() {
    return List.of(references.split(", "));
  }

  /** Every ring that enforces the rule, each with all others switched off. */
  public Set<Ring> rings() {
    return rings;
  }

  /**
   * All rules are of one level; the name stands in messages and pages so that others may follow.
   */
  public String level() {
    return "strict";
  }

  /** The group that the first digit names. */
  public String group() {
    return switch (name().charAt(5)) {
      case '0' -> "Shape";
      case '1' -> "Isolate the KV cache";
      case '2' -> "Validate the PagedAttention and memory configuration";
      case '3' -> "Isolate requests inside a batch";
      case '4' -> "Verify the model source";
      case '5' -> "Secure the API";
      case '6' -> "Verify quantized models";
      default -> "Pod and platform hardening";
    };
  }

  /** Whether a waiver of the policy may lift the rule for named namespaces until a day. */
  public boolean waivable() {
    return switch (this) {
      case VLLM_207, VLLM_212, VLLM_706, VLLM_707, VLLM_709, VLLM_711 -> true;
      default -> false;
    };
  }

  /** Whether a violation stops engines that are running, instead of holding them for a while. */
  public boolean stopsAtOnce() {
    return switch (this) {
      case VLLM_401, VLLM_402, VLLM_403, VLLM_405, VLLM_408 -> true;
      default -> false;
    };
  }
}
