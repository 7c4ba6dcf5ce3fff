package dev.ringfence.rules;

import static dev.ringfence.rules.Rule.VLLM_001;
import static dev.ringfence.rules.Rule.VLLM_205;
import static dev.ringfence.rules.Rule.VLLM_207;
import static dev.ringfence.rules.Rule.VLLM_208;
import static dev.ringfence.rules.Rule.VLLM_209;
import static dev.ringfence.rules.Rule.VLLM_602;
import static dev.ringfence.rules.Rule.VLLM_701;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ringfence.api.v1alpha1.RuleText;
import dev.ringfence.rules.Surroundings.PolicyState;
import dev.ringfence.rules.Workload.Argument;
import dev.ringfence.rules.Workload.Engine;
import dev.ringfence.vllm.Advisory;
import dev.ringfence.vllm.ArgumentVerdict;
import dev.ringfence.vllm.Knowledge;
import dev.ringfence.vllm.Release;
import dev.ringfence.vllm.VariableVerdict;
import dev.ringfence.vllm.Version;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/** {@code spec.engine}: the image, its version, and how vLLM is started. */
final class EnginePart {
  private static final BigDecimal MOST_MEMORY = new BigDecimal("0.95");
  private static final BigDecimal USUAL_MEMORY = new BigDecimal("0.85");
  private static final String TOGETHER =
      "engine.maxModelLen, engine.maxNumBatchedTokens and api.maxPromptCharacters";
  // What reaches a command line has no blank, no control character and nothing that the kubelet
  // would expand.
  private static final Pattern ARGUMENT = Pattern.compile("[!-~]{1,1024}");
  private static final Pattern VARIABLE = Pattern.compile("[A-Za-z_][A-Za-z0-9_]{0,127}");

  private final Node node;
  private final Faults faults;
  private final Policy policy;
  private final Knowledge knowledge;
  private final Waivers waivers;
  private final Optional<Policy.Image> image;
  private final Release release;
  private final int tensorParallelSize;
  private final Engine engine;

  EnginePart(
      Node node,
      Policy policy,
      Surroundings surroundings,
      Policy.Limits limits,
      Waivers waivers,
      Optional<TrustedModel> model,
      int gpus) {
    this.node = node;
    this.faults = node.faults();
    this.policy = policy;
    this.knowledge = surroundings.knowledge();
    this.waivers = waivers;
    node.object(
        Set.of(
            "image",
            "gpuMemoryUtilization",
            "maxModelLen",
            "maxNumSeqs",
            "maxNumBatchedTokens",
            "blockSize",
            "dtype",
            "tensorParallelSize",
            "quantization",
            "toolCallParser",
            "reasoningParser",
            "swapSpace",
            "enablePrefixCaching",
            "enableLogRequests",
            "trustRemoteCode",
            "loadFormat",
            "extraArgs",
            "env"),
        VLLM_001,
        "an object with the engine's settings");
    this.image = image(node.get("image"), surroundings.policy() instanceof PolicyState.Valid);
    image.ifPresent(this::version);
    // Without an image that counts, arguments are judged as the newest release reads them.
    this.release =
        image
            .flatMap(i -> knowledge.release(i.version()))
            .or(() -> knowledge.release(knowledge.versions().last()))
            .orElseThrow();
    oneLegalValue();
    this.tensorParallelSize = tensorParallelSize(gpus);
    Optional<String> dtype =
        node.get("dtype")
            .oneOf(
                VLLM_001,
                release.dtypes().stream().sorted().toList(),
                "correct it or remove it for auto");
    Optional<String> quantization = quantization(model);
    this.engine =
        new Engine(
            image.map(i -> i.image().toString()).orElse(""),
            image.map(Policy.Image::version).orElse(release.version()),
            Upper.number(
                node.get("gpuMemoryUtilization"),
                RuleText.GPU_MEMORY_UTILIZATION,
                MOST_MEMORY,
                limits.gpuMemoryUtilization(),
                USUAL_MEMORY),
            Upper.integer(
                node.get("maxModelLen"),
                RuleText.MAX_MODEL_LEN,
                1_048_576,
                limits.maxModelLen(),
                4096,
                TOGETHER),
            Upper.integer(
                node.get("maxNumSeqs"), RuleText.MAX_NUM_SEQS, 4096, limits.maxNumSeqs(), 64, ""),
            Upper.integer(
                node.get("maxNumBatchedTokens"),
                RuleText.MAX_NUM_BATCHED_TOKENS,
                1_048_576,
                limits.maxNumBatchedTokens(),
                4096,
                TOGETHER),
            blockSize(limits),
            dtype.orElse("auto"),
            tensorParallelSize,
            quantization,
            parser("toolCallParser", release.toolParsers()),
            parser("reasoningParser", release.reasoningParsers()),
            extraArguments(),
            environment());
  }

  Engine engine() {
    return engine;
  }

  int tensorParallelSize() {
    return tensorParallelSize;
  }

  /**
   * The policy's image that the workload uses. Without a valid policy there is no list to compare
   * with, and 507 says so.
   */
  private Optional<Policy.Image> image(Node field, boolean policyIsValid) {
    Optional<ImageReference> given =
        field.parsed(VLLM_701, ImageReference::parse, Faults.detailOf(RuleText.IMAGE_DIGEST));
    List<Policy.Image> images = policy.engine().images();
    if (!policyIsValid) {
      return Optional.empty();
    }
    if (field.unset()) {
      Optional<Policy.Image> first = images.stream().filter(i -> i.revoked().isEmpty()).findFirst();
      if (first.isEmpty()) {
        faults.required(
            field.path(),
            VLLM_701,
            "must be an image of the policy, and the policy lists none that is not revoked; ask the platform team to add one to spec.engine.images of the VLLMPolicy");
      }
      return first;
    }
    if (given.isEmpty()) {
      return Optional.empty();
    }
    Optional<Policy.Image> listed =
        images.stream().filter(i -> i.image().equals(given.get())).findFirst();
    if (listed.isEmpty()) {
      faults.invalid(
          field,
          VLLM_701,
          "must be an image that the policy lists, by repository and digest; remove it for the policy's first image, or ask the platform team");
    } else if (listed.get().revoked().isPresent()) {
      faults.invalid(
          field,
          VLLM_701,
          "must not be revoked ("
              + Shown.quote(listed.get().revoked().get())
              + "); remove it for the policy's first image that is not");
    }
    return listed;
  }

  private void version(Policy.Image chosen) {
    Version version = chosen.version();
    FieldPath path = node.get("image").path();
    if (version.compareTo(PolicyCheck.LOWEST) < 0) {
      refuse(
          path,
          version,
          "must have a vLLM version of at least 0.28.0, older ones are never served; use a newer image of the policy");
      return;
    }
    if (knowledge.release(version).isEmpty()) {
      refuse(
          path,
          version,
          "must have a vLLM version whose arguments are known ("
              + knowledge.versions().first()
              + " to "
              + knowledge.versions().last()
              + "); use one of these, or ask the platform team for spec.engine.argumentTables");
      return;
    }
    List<String> reasons = new ArrayList<>();
    if (version.base().compareTo(policy.engine().minimumVersion()) < 0) {
      reasons.add(
          "must have a vLLM version of at least "
              + policy.engine().minimumVersion()
              + ", the policy's minimum; use a newer image of the policy");
    }
    policy.engine().deniedVersions().stream()
        .filter(range -> range.contains(version))
        .findFirst()
        .ifPresent(
            range ->
                reasons.add(
                    "must not have a vLLM version that the policy denies ("
                        + range
                        + "); use another image of the policy"));
    List<Advisory> advisories =
        knowledge.advisories(version).stream().filter(Advisory::blocks).toList();
    if (!advisories.isEmpty()) {
      String ids = String.join(", ", advisories.stream().map(Advisory::id).limit(3).toList());
      String more = advisories.size() > 3 ? " and " + (advisories.size() - 3) + " more" : "";
      reasons.add(
          "must have a vLLM version without known advisories ("
              + ids
              + more
              + "); use a newer image of the policy");
    }
    if (!reasons.isEmpty() && !waivers.lifts(VLLM_207)) {
      reasons.forEach(reason -> refuse(path, version, reason));
    }
  }

  private void refuse(FieldPath path, Version version, String detail) {
    faults.add(path, Kind.INVALID, Optional.of(Shown.quote(version.toString())), VLLM_207, detail);
  }

  private void oneLegalValue() {
    legal(
        "swapSpace",
        RuleText.SWAP_SPACE,
        json -> json.isNumber() && json.doubleValue() == 0 && json.decimalValue().signum() == 0);
    legal("enablePrefixCaching", RuleText.PREFIX_CACHING, EnginePart::isFalse);
    legal("enableLogRequests", RuleText.LOG_REQUESTS, EnginePart::isFalse);
    legal("trustRemoteCode", RuleText.TRUST_REMOTE_CODE, EnginePart::isFalse);
    legal(
        "loadFormat",
        RuleText.LOAD_FORMAT,
        json -> json.isTextual() && json.textValue().equals("safetensors"));
  }

  private static boolean isFalse(JsonNode json) {
    return json.isBoolean() && !json.booleanValue();
  }

  private void legal(String field, String ruleText, Predicate<JsonNode> only) {
    Node value = node.get(field);
    if (!value.unset() && !only.test(value.json())) {
      faults.invalid(value, ruleText);
    }
  }

  private int tensorParallelSize(int gpus) {
    int usual = Math.max(1, gpus);
    Node field = node.get("tensorParallelSize");
    Optional<Integer> given = field.integer(RuleText.TENSOR_PARALLEL_RANGE, 1, 16);
    if (given.isPresent() && given.get() != usual) {
      faults.inconsistent(field.path(), RuleText.TENSOR_PARALLEL_SIZE);
    }
    return usual;
  }

  private Optional<Integer> blockSize(Policy.Limits limits) {
    Node field = node.get("blockSize");
    Optional<Integer> size = field.integer(RuleText.BLOCK_SIZE, 1, 1024);
    if (size.isPresent() && !limits.blockSizes().contains(size.get())) {
      faults.invalid(
          field,
          VLLM_205,
          "must be one of the policy's block sizes ("
              + String.join(
                  ", ", limits.blockSizes().stream().sorted().map(String::valueOf).toList())
              + "); remove it or use one of them, or ask the platform team for an overrides entry of the VLLMPolicy with limits.blockSizes: ["
              + size.get()
              + "]");
    }
    return size;
  }

  private Optional<String> quantization(Optional<TrustedModel> model) {
    Node field = node.get("quantization");
    Optional<String> given =
        field.string(
            VLLM_602,
            s -> s.equals("none") || release.quantizationMethods().contains(s),
            "must be none or a quantization method of this vLLM version in its spelling; remove it, the TrustedModel says it");
    if (model.isEmpty()) {
      return Optional.empty();
    }
    String method = model.get().quantization().method();
    if (given.isPresent() && !given.get().equals(method)) {
      faults.invalid(
          field,
          VLLM_602,
          "must equal the TrustedModel's method, which is " + method + "; remove it");
    }
    if (model.get().quantization().none()) {
      return Optional.empty();
    }
    if (image.isPresent() && !release.quantizationMethods().contains(method)) {
      faults.inconsistent(
          field.path(),
          VLLM_602,
          "must be a method of vLLM "
              + release.version()
              + ", and the model's ("
              + method
              + ") is none of them; use another image of the policy or another model");
    }
    return Optional.of(method);
  }

  private Optional<String> parser(String field, Set<String> known) {
    return node.get(field)
        .string(
            VLLM_208,
            known::contains,
            "must be a parser built into vLLM "
                + release.version()
                + ", in its spelling; see docs/rules/VLLM-208.md for the names, or remove it");
  }

  private List<Argument> extraArguments() {
    Node list = node.get("extraArgs");
    List<String> texts = new ArrayList<>();
    List<Node> items = new ArrayList<>();
    Set<Integer> malformed = new HashSet<>();
    for (Node item : list.items(64, VLLM_208, "arguments")) {
      if (item.json().isTextual()) {
        String text = item.json().textValue();
        texts.add(text);
        items.add(item);
        if (text.contains("$(") || !ARGUMENT.matcher(text).matches()) {
          malformed.add(items.size() - 1);
          faults.forbidden(item.path(), RuleText.EXTRA_ARGUMENT);
        }
      } else {
        faults.invalid(item, VLLM_208, "must be one argument as text; write it in quotes");
      }
    }
    List<Argument> arguments = new ArrayList<>();
    for (ArgumentVerdict verdict :
        knowledge.judge(texts, release, policy.engine().allowedArguments())) {
      switch (verdict) {
        case ArgumentVerdict.Allowed allowed ->
            arguments.add(new Argument(allowed.name(), allowed.value()));
        case ArgumentVerdict.Refused refused -> {
          Rule rule = Rule.byId(refused.ruleId()).orElse(VLLM_208);
          if (rule != VLLM_208 || !malformed.contains(refused.index())) {
            faults.add(
                items.get(refused.index()).path(),
                Kind.INVALID,
                refused.shown().map(Shown::text),
                rule,
                refused.must() + "; " + refused.fix());
          }
        }
      }
    }
    return List.copyOf(arguments);
  }

  private SortedMap<String, String> environment() {
    SortedMap<String, String> variables = new TreeMap<>();
    for (Node item : node.get("env").items(64, VLLM_209, "variables")) {
      if (item.object(Set.of("name", "value"), VLLM_209, "a variable with name and value")
          .isEmpty()) {
        continue;
      }
      Node nameNode = item.get("name");
      Node valueNode = item.get("value");
      Optional<String> name =
          nameNode.string(
              VLLM_209, VARIABLE, "must be the name of an environment variable; correct it");
      if (nameNode.unset()) {
        faults.required(
            nameNode.path(), VLLM_209, "must be the name of an environment variable; add it");
      }
      if (name.isEmpty()) {
        continue;
      }
      Optional<String> value =
          valueNode.json().isTextual()
              ? Optional.of(valueNode.json().textValue())
              : Optional.empty();
      if (value.isEmpty() && !valueNode.unset()) {
        faults.add(
            valueNode.path(),
            Kind.INVALID,
            Optional.empty(),
            VLLM_209,
            "must be text; write it in quotes");
      }
      boolean refused = variable(item, name.get(), value.orElse(""), value.isPresent());
      if (valueNode.unset() && !refused) {
        faults.required(
            valueNode.path(), VLLM_209, "must have a literal value; add it or remove the variable");
      }
      if (variables.put(name.get(), value.orElse("")) != null) {
        faults.duplicate(nameNode.path(), VLLM_209, "must be set once; remove the twin");
      }
    }
    return variables;
  }

  /** Whether the variable is refused for its name. */
  private boolean variable(Node item, String name, String value, boolean hasValue) {
    return switch (knowledge.judge(name, value, policy.engine().allowedEnvironment())) {
      case VariableVerdict.Allowed a -> false;
      case VariableVerdict.Refused r -> {
        Node fault = item.get(r.valueAtFault() ? "value" : "name");
        if (hasValue || !r.valueAtFault()) {
          Rule rule = Rule.byId(r.ruleId()).orElse(VLLM_209);
          faults.add(
              fault.path(), Kind.INVALID, Shown.of(fault.json()), rule, r.must() + "; " + r.fix());
        }
        yield !r.valueAtFault();
      }
    };
  }
}
