package dev.ringfence.rules;

import static dev.ringfence.rules.Rule.VLLM_507;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ringfence.api.v1alpha1.RuleText;
import dev.ringfence.rules.Workload.DenyPatternsMode;
import dev.ringfence.rules.Workload.Fetch;
import dev.ringfence.rules.Workload.NodeLabel;
import dev.ringfence.vllm.Knowledge;
import dev.ringfence.vllm.Version;
import dev.ringfence.vllm.VersionRange;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.regex.Pattern;

/** Judges a VLLMPolicy. Every fault in a policy is 507 (CONTRACT 2). */
final class PolicyCheck {
  static final Version LOWEST = Version.parse("0.28.0").orElseThrow();
  private static final Version DEFAULT_MINIMUM = Version.parse("0.32.0").orElseThrow();
  private static final BigDecimal MOST_MEMORY = new BigDecimal("0.95");
  private static final Duration LONGEST_WAIVER = Duration.ofDays(366);
  private static final Duration SOON = Duration.ofDays(14);
  private static final String DEFAULT_NO_SWAP =
      "ringfence.dev.node-restriction.kubernetes.io/no-swap";

  static final Policy.Limits STRICT_LIMITS =
      new Policy.Limits(
          new BigDecimal("0.85"),
          4096,
          8192,
          256,
          Set.of(16),
          8192,
          2048,
          BigDecimal.valueOf(2),
          60,
          1_000_000,
          256,
          DenyPatternsMode.Enforce,
          50);

  /** What holds where there is no valid policy: the strict values, and nothing listed. */
  static final Policy STRICT =
      new Policy(
          new Policy.Engine(
              DEFAULT_MINIMUM,
              List.of(),
              List.of(),
              Optional.empty(),
              List.of(),
              Set.of(),
              Set.of(),
              false),
          STRICT_LIMITS,
          List.of(),
          List.of("(?i)ignore (all )?previous", "(?im)^\\s*(system|admin)\\s*:"),
          new NodeLabel(DEFAULT_NO_SWAP, "true"),
          new Policy.Scheduling(
              Set.of(),
              Optional.empty(),
              List.of("nvidia.com/gpu", "amd.com/gpu"),
              Set.of(),
              Set.of(),
              true,
              false),
          new Policy.Network(List.of(), List.of(), true, false),
          new Fetch(Optional.empty(), Optional.empty(), List.of()),
          new Policy.Pod(2000, true),
          5,
          30,
          List.of());

  private static final Pattern GPU_NEVER =
      Pattern.compile("cpu|memory|ephemeral-storage|hugepages-.*|.*\\.shared");
  private static final Pattern PROXY =
      Pattern.compile("https?://[A-Za-z0-9]([A-Za-z0-9.-]{0,253})(:[0-9]{1,5})?/?");

  private final Faults faults = new Faults();
  private final List<String> warnings = new ArrayList<>();
  private final Knowledge knowledge;
  private final Instant now;

  private PolicyCheck(Knowledge knowledge, Instant now) {
    this.knowledge = knowledge;
    this.now = now;
  }

  static Judged<Policy> judge(JsonNode json, Knowledge knowledge, Instant now) {
    PolicyCheck check = new PolicyCheck(knowledge, now);
    Node object = new Node(json, FieldPath.object(), check.faults);
    Policy policy = check.read(object);
    new CredentialScan(check.faults, VLLM_507).scan(json);
    List<String> warnings = List.copyOf(check.warnings);
    return check.faults.none()
        ? new Judged.Valid<>(policy, warnings)
        : new Judged.Invalid<>(check.faults.sorted(), warnings);
  }

  private Policy read(Node object) {
    Shapes.envelope(object, VLLM_507);
    Node name = object.get("metadata").get("name");
    if (!name.json().isTextual() || !name.json().textValue().equals("default")) {
      if (name.unset()) {
        faults.required(name.path(), RuleText.POLICY_NAME);
      } else {
        faults.inconsistent(name.path(), RuleText.POLICY_NAME);
      }
    }
    Node spec = object.get("spec");
    spec.object(
        Set.of(
            "engine",
            "limits",
            "overrides",
            "denyPatterns",
            "nodes",
            "scheduling",
            "network",
            "fetch",
            "pod",
            "rollout",
            "hold",
            "waivers"),
        VLLM_507,
        "an object with the policy's groups");
    return new Policy(
        engine(spec.get("engine")),
        limits(spec.get("limits")),
        overrides(spec.get("overrides")),
        denyPatterns(spec.get("denyPatterns")),
        noSwapLabel(spec.get("nodes")),
        scheduling(spec.get("scheduling")),
        network(spec.get("network")),
        fetch(spec.get("fetch")),
        pod(spec.get("pod")),
        group(spec.get("rollout"), Set.of("maxConcurrentWorkloads"))
            .integer(RuleText.POLICY_CONCURRENT_WORKLOADS, 1, 100, "maxConcurrentWorkloads")
            .orElse(STRICT.maxConcurrentWorkloads()),
        group(spec.get("hold"), Set.of("days"))
            .integer(RuleText.POLICY_HOLD_DAYS, 0, 365, "days")
            .orElse(STRICT.holdDays()),
        waivers(spec.get("waivers")));
  }

  /** A group of fields, each of which has a default. */
  private record Group(Node node) {
    Optional<Integer> integer(String ruleText, long min, long max, String field) {
      return node.get(field).integer(ruleText, min, max);
    }
  }

  private static Group group(Node node, Set<String> fields) {
    node.object(fields, VLLM_507, "an object");
    return new Group(node);
  }

  private Policy.Engine engine(Node node) {
    node.object(
        Set.of(
            "minimumVersion",
            "deniedVersions",
            "images",
            "argumentTables",
            "imagePullSecrets",
            "allowedArguments",
            "allowedEnvironment",
            "allowCpu"),
        VLLM_507,
        "an object with the engine's rules");
    Version minimum =
        node.get("minimumVersion")
            .parsed(
                VLLM_507,
                text -> Version.parse(text).filter(v -> v.compareTo(LOWEST) >= 0),
                "must be a version of vLLM from 0.28.0 on, as 0.32.0; correct it or remove it for 0.32.0")
            .orElse(DEFAULT_MINIMUM);
    List<VersionRange> denied = new ArrayList<>();
    for (Node item : node.get("deniedVersions").items(64, VLLM_507, "version expressions")) {
      item.parsed(
              VLLM_507,
              VersionRange::parse,
              "must be versions or comparisons (< <= > >= == !=) joined by commas, as <0.32.1; correct it")
          .ifPresent(denied::add);
    }
    List<Policy.Image> images = new ArrayList<>();
    Set<ImageReference> seen = new HashSet<>();
    for (Node item : node.get("images").items(64, VLLM_507, "images")) {
      item.object(Set.of("image", "version", "revoked"), VLLM_507, "an image with its version")
          .flatMap(this::image)
          .ifPresent(
              image -> {
                if (seen.add(image.image())) {
                  images.add(image);
                } else {
                  faults.duplicate(
                      item.get("image").path(), VLLM_507, "must be listed once; remove the twin");
                }
              });
    }
    Optional<String> tables =
        node.get("argumentTables")
            .string(
                VLLM_507,
                Names.SUBDOMAIN,
                "must be the name of a ConfigMap in the operator's namespace; correct it or remove it");
    Set<String> pullSecrets =
        Shapes.strings(
            node.get("imagePullSecrets"),
            16,
            VLLM_507,
            Names.SUBDOMAIN,
            "must be the name of a Secret; correct it");
    Set<String> arguments =
        opened(
            node.get("allowedArguments"),
            (k, name) -> k.openableArgument(name).isPresent(),
            "must be an argument that can be opened, in its canonical spelling --name; see docs/rules/VLLM-208.md for the list");
    Set<String> variables =
        opened(
            node.get("allowedEnvironment"),
            (k, name) -> k.openableVariable(name).isPresent(),
            "must be a variable that can be opened; see docs/rules/VLLM-209.md for the list");
    boolean cpu = bool(node.get("allowCpu")).orElse(false);
    return new Policy.Engine(
        minimum,
        List.copyOf(denied),
        List.copyOf(images),
        tables,
        List.copyOf(pullSecrets),
        arguments,
        variables,
        cpu);
  }

  private Set<String> opened(
      Node list, BiFunction<Knowledge, String, Boolean> openable, String must) {
    Set<String> names = new LinkedHashSet<>();
    for (Node item : list.items(128, VLLM_507, "names")) {
      Optional<String> name = item.string(VLLM_507, text -> openable.apply(knowledge, text), must);
      if (name.isPresent() && !names.add(name.get())) {
        faults.duplicate(item.path(), VLLM_507, "must be listed once; remove the twin");
      }
    }
    return names;
  }

  private Optional<Policy.Image> image(Node node) {
    Optional<ImageReference> reference =
        node.get("image").parsed(RuleText.POLICY_IMAGE, ImageReference::parse);
    Optional<Version> version =
        node.get("version")
            .parsed(
                VLLM_507,
                Version::parse,
                "must be the version of vLLM in the image, as 0.32.0; correct it");
    for (String field : List.of("image", "version")) {
      if (node.get(field).unset()) {
        faults.required(node.get(field).path(), RuleText.POLICY_IMAGE_FIELD_REQUIRED);
      }
    }
    Node revoked = node.get("revoked");
    Optional<String> reason = Optional.empty();
    if (!revoked.unset()) {
      revoked.object(Set.of("reason", "since"), VLLM_507, "an object with a reason");
      reason =
          Optional.of(
              revoked
                  .get("reason")
                  .string(
                      VLLM_507,
                      s -> !s.isEmpty() && s.length() <= 512,
                      "must be a text of at most 512 characters; correct it")
                  .orElse("no reason given"));
      Shapes.instant(revoked.get("since"), VLLM_507);
    }
    if (reference.isEmpty() || version.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(new Policy.Image(reference.get(), version.get(), reason));
  }

  private Policy.Limits limits(Node node) {
    Policy.PartialLimits l = partial(node);
    Policy.Limits d = STRICT_LIMITS;
    return new Policy.Limits(
        l.gpuMemoryUtilization().orElse(d.gpuMemoryUtilization()),
        l.maxModelLen().orElse(d.maxModelLen()),
        l.maxNumBatchedTokens().orElse(d.maxNumBatchedTokens()),
        l.maxNumSeqs().orElse(d.maxNumSeqs()),
        l.blockSizes().orElse(d.blockSizes()),
        l.maxPromptCharacters().orElse(d.maxPromptCharacters()),
        l.maxOutputTokens().orElse(d.maxOutputTokens()),
        l.temperature().orElse(d.temperature()),
        l.requestsPerMinute().orElse(d.requestsPerMinute()),
        l.tokensPerMinute().orElse(d.tokensPerMinute()),
        l.maxConcurrentRequests().orElse(d.maxConcurrentRequests()),
        l.denyPatternsMode().orElse(d.denyPatternsMode()),
        l.workloadsPerNamespace().orElse(d.workloadsPerNamespace()));
  }

  private Policy.PartialLimits partial(Node node) {
    node.object(
        Set.of(
            "gpuMemoryUtilization",
            "maxModelLen",
            "maxNumBatchedTokens",
            "maxNumSeqs",
            "blockSizes",
            "maxPromptCharacters",
            "maxOutputTokens",
            "temperature",
            "requestsPerMinute",
            "tokensPerMinute",
            "maxConcurrentRequests",
            "denyPatternsMode",
            "workloadsPerNamespace"),
        VLLM_507,
        "an object of limits");
    return new Policy.PartialLimits(
        node.get("gpuMemoryUtilization")
            .number(
                RuleText.POLICY_GPU_MEMORY, n -> n.signum() > 0 && n.compareTo(MOST_MEMORY) <= 0),
        upTo(node, "maxModelLen", 1_048_576),
        upTo(node, "maxNumBatchedTokens", 1_048_576),
        upTo(node, "maxNumSeqs", 4096),
        blockSizes(node.get("blockSizes")),
        upTo(node, "maxPromptCharacters", 1_048_576),
        upTo(node, "maxOutputTokens", 4096),
        node.get("temperature")
            .number(
                RuleText.POLICY_TEMPERATURE,
                n -> n.signum() >= 0 && n.compareTo(BigDecimal.valueOf(2)) <= 0),
        upTo(node, "requestsPerMinute", 1_000_000),
        upTo(node, "tokensPerMinute", 100_000_000),
        upTo(node, "maxConcurrentRequests", 4096),
        node.get("denyPatternsMode")
            .oneOf(
                VLLM_507,
                List.of("Enforce", "Audit", "Off"),
                "correct it (a bare Off is a boolean in YAML, quote it)")
            .map(DenyPatternsMode::valueOf),
        upTo(node, "workloadsPerNamespace", 10_000));
  }

  private static Optional<Integer> upTo(Node node, String field, int most) {
    return node.get(field)
        .integer(VLLM_507, 1, most, "must be a whole number from 1 to " + most + "; correct it");
  }

  private Optional<Set<Integer>> blockSizes(Node node) {
    if (node.unset()) {
      return Optional.empty();
    }
    if (node.emptyList()) {
      faults.required(node.path(), RuleText.POLICY_BLOCK_SIZES);
    }
    Set<Integer> sizes = new LinkedHashSet<>();
    for (Node item : node.items(16, VLLM_507, "block sizes")) {
      Optional<Integer> size = item.integer(RuleText.POLICY_UP_TO_1024, 1, 1024);
      if (size.isPresent() && !sizes.add(size.get())) {
        faults.duplicate(item.path(), VLLM_507, "must be listed once; remove the twin");
      }
    }
    return Optional.of(sizes);
  }

  private List<Policy.LimitOverride> overrides(Node list) {
    List<Policy.LimitOverride> overrides = new ArrayList<>();
    for (Node item : list.items(32, VLLM_507, "overrides")) {
      int before = faults.count();
      item.object(
          Set.of("namespaces", "models", "limits", "reason", "expires"),
          VLLM_507,
          "an override with namespaces and limits");
      Node where = item.get("namespaces");
      if (where.unset()) {
        faults.required(where.path(), RuleText.POLICY_OVERRIDE_NAMESPACES);
      }
      Optional<Namespaces> namespaces = Shapes.namespaces(where, VLLM_507, false);
      Set<String> models =
          Shapes.strings(
              item.get("models"),
              256,
              VLLM_507,
              Names.MODEL,
              "must be the name of a TrustedModel; correct it");
      if (item.get("models").emptyList()) {
        faults.required(item.get("models").path(), RuleText.POLICY_OVERRIDE_MODELS);
      }
      if (item.get("limits").unset()) {
        faults.required(item.get("limits").path(), RuleText.POLICY_OVERRIDE_LIMITS);
      }
      Policy.PartialLimits limits = partial(item.get("limits"));
      item.get("reason")
          .string(
              VLLM_507,
              s -> !s.isEmpty() && s.length() <= 512,
              "must be a text of at most 512 characters; correct it");
      Optional<Instant> expires = Shapes.instant(item.get("expires"), VLLM_507);
      if (faults.count() > before || namespaces.isEmpty()) {
        continue;
      }
      if (expires.isPresent()) {
        sayEnd(item.path() + ": this override", expires.get());
      }
      overrides.add(new Policy.LimitOverride(namespaces.get(), models, limits, expires));
    }
    return List.copyOf(overrides);
  }

  private void sayEnd(String what, Instant end) {
    if (!end.isAfter(now)) {
      warnings.add(what + " ended at " + end + " and is ignored; remove it");
    } else if (end.isBefore(now.plus(SOON))) {
      warnings.add(what + " ends at " + end + ", in less than 14 days");
    }
  }

  private List<String> denyPatterns(Node node) {
    if (node.unset()) {
      return STRICT.denyPatterns();
    }
    List<String> patterns = new ArrayList<>();
    for (Node item : node.items(64, VLLM_507, "patterns")) {
      Shapes.regex(item, 512, VLLM_507).ifPresent(patterns::add);
    }
    return List.copyOf(patterns);
  }

  private NodeLabel noSwapLabel(Node nodes) {
    nodes.object(Set.of("noSwapLabel"), VLLM_507, "an object with noSwapLabel");
    return nodes
        .get("noSwapLabel")
        .parsed(
            VLLM_507,
            text -> {
              int equals = text.indexOf('=');
              String key = equals < 0 ? text : text.substring(0, equals);
              String value = equals < 0 ? "true" : text.substring(equals + 1);
              return Names.QUALIFIED.matcher(key).matches()
                      && !value.isEmpty()
                      && Names.LABEL_VALUE.matcher(value).matches()
                  ? Optional.of(new NodeLabel(key, value))
                  : Optional.empty();
            },
            "must be a node label as key or key=value; correct it or remove it for "
                + DEFAULT_NO_SWAP)
        .orElse(STRICT.noSwapLabel());
  }

  private Policy.Scheduling scheduling(Node node) {
    node.object(
        Set.of(
            "runtimeClassNames",
            "defaultRuntimeClassName",
            "gpuResources",
            "priorityClassNames",
            "tolerationKeys",
            "requireRestrictedNamespace",
            "requireDedicatedNamespace"),
        VLLM_507,
        "an object with the scheduling rules");
    Set<String> runtimeClasses =
        Shapes.strings(
            node.get("runtimeClassNames"),
            64,
            VLLM_507,
            Names.SUBDOMAIN,
            "must be the name of a RuntimeClass; correct it");
    Node defaultClass = node.get("defaultRuntimeClassName");
    Optional<String> runtimeClass =
        defaultClass.string(
            VLLM_507,
            Names.SUBDOMAIN,
            "must be the name of a RuntimeClass; correct it or remove it");
    if (runtimeClass.isPresent() && !runtimeClasses.contains(runtimeClass.get())) {
      faults.inconsistent(defaultClass.path(), RuleText.POLICY_DEFAULT_RUNTIME_CLASS);
    }
    List<String> gpus = new ArrayList<>(STRICT.scheduling().gpuResources());
    Node gpuList = node.get("gpuResources");
    if (!gpuList.unset()) {
      gpus.clear();
      Set<String> listed =
          Shapes.strings(
              gpuList,
              32,
              VLLM_507,
              Pattern.compile(".+"),
              "must be the name of a GPU resource; correct it");
      for (Node item :
          gpuList.json().isArray()
              ? gpuList.items(32, VLLM_507, "GPU resources")
              : List.<Node>of()) {
        String text = item.json().asText();
        if (listed.contains(text)
            && (GPU_NEVER.matcher(text).matches()
                || !Names.EXTENDED_RESOURCE.matcher(text).matches())) {
          faults.invalid(item, RuleText.POLICY_GPU_RESOURCE);
        }
      }
      gpus.addAll(listed);
    }
    Set<String> priorities =
        new LinkedHashSet<>(
            Shapes.strings(
                node.get("priorityClassNames"),
                64,
                VLLM_507,
                Pattern.compile("(?!system-)" + Names.SUBDOMAIN.pattern()),
                Faults.detailOf(RuleText.POLICY_PRIORITY_CLASS)));
    Set<String> tolerations =
        Shapes.strings(
            node.get("tolerationKeys"),
            64,
            VLLM_507,
            Names.QUALIFIED,
            "must be the key of a taint, without wildcards; correct it");
    return new Policy.Scheduling(
        runtimeClasses,
        runtimeClass,
        List.copyOf(gpus),
        priorities,
        tolerations,
        bool(node.get("requireRestrictedNamespace")).orElse(true),
        bool(node.get("requireDedicatedNamespace")).orElse(false));
  }

  private Policy.Network network(Node node) {
    node.object(
        Set.of("clients", "monitoring", "requireEnforcement", "requireTls"),
        VLLM_507,
        "an object with the network's rules");
    return new Policy.Network(
        Shapes.peers(node.get("clients"), 16, VLLM_507),
        Shapes.peers(node.get("monitoring"), 16, VLLM_507),
        bool(node.get("requireEnforcement")).orElse(true),
        bool(node.get("requireTls")).orElse(false));
  }

  private Fetch fetch(Node node) {
    node.object(
        Set.of("httpsProxy", "caBundleConfigMap", "egressCidrs"),
        VLLM_507,
        "an object with the fetch Job's way out");
    Optional<String> proxy =
        node.get("httpsProxy")
            .string(
                VLLM_507,
                s -> PROXY.matcher(s).matches() && Names.portIsPossible(s),
                "must be http(s)://host[:port] without user and password; correct it");
    Optional<String> bundle =
        node.get("caBundleConfigMap")
            .string(VLLM_507, Names.SUBDOMAIN, "must be the name of a ConfigMap; correct it");
    List<String> ranges = new ArrayList<>();
    for (Node item : node.get("egressCidrs").items(64, VLLM_507, "address ranges")) {
      item.parsed(
              RuleText.POLICY_EGRESS,
              text -> Cidr.parse(text).filter(c -> !c.forbidden()).map(Cidr::toString))
          .ifPresent(ranges::add);
    }
    return new Fetch(proxy, bundle, List.copyOf(ranges));
  }

  private Policy.Pod pod(Node node) {
    node.object(Set.of("runAsUser", "cpuLimits"), VLLM_507, "an object with the pod's rules");
    long user =
        node.get("runAsUser")
            .wholeNumber(RuleText.POLICY_RUN_AS_USER, 1, 2_147_483_647L)
            .orElse(STRICT.pod().runAsUser());
    boolean cpuLimits =
        node.get("cpuLimits")
            .oneOf(VLLM_507, List.of("Required", "None"), "correct it or remove it for Required")
            .map(t -> t.equals("Required"))
            .orElse(true);
    return new Policy.Pod(user, cpuLimits);
  }

  private List<Policy.Waiver> waivers(Node list) {
    List<Policy.Waiver> waivers = new ArrayList<>();
    for (Node item : list.items(64, VLLM_507, "waivers")) {
      int before = faults.count();
      item.object(
          Set.of("rule", "namespaces", "reason", "approvedBy", "expires"),
          VLLM_507,
          "a waiver with rule, namespaces, reason, approvedBy and expires");
      Optional<Rule> rule =
          item.get("rule")
              .parsed(RuleText.POLICY_WAIVER_RULE, text -> Rule.byId(text).filter(Rule::waivable));
      Set<String> namespaces =
          Shapes.strings(
              item.get("namespaces"),
              256,
              VLLM_507,
              Names.LABEL,
              "must be the name of a namespace, without wildcards; correct it");
      if (item.get("namespaces").unset() || item.get("namespaces").emptyList()) {
        faults.required(item.get("namespaces").path(), RuleText.POLICY_WAIVER_NAMESPACES);
      }
      for (String field : List.of("reason", "approvedBy")) {
        item.get(field)
            .string(
                VLLM_507,
                s -> !s.isBlank() && s.length() <= 512,
                "must be a text of at most 512 characters; correct it");
      }
      Optional<Instant> expires = Shapes.instant(item.get("expires"), VLLM_507);
      for (String field : List.of("rule", "reason", "approvedBy", "expires")) {
        if (item.get(field).unset()) {
          faults.required(item.get(field).path(), RuleText.POLICY_WAIVER_FIELD_REQUIRED);
        }
      }
      if (expires.isPresent() && expires.get().isAfter(now.plus(LONGEST_WAIVER))) {
        faults.invalid(
            item.get("expires"), VLLM_507, "must be at most 366 days ahead; choose an earlier end");
      }
      if (faults.count() == before && rule.isPresent() && expires.isPresent()) {
        sayEnd(item.path() + ": this waiver of " + rule.get().id(), expires.get());
        waivers.add(new Policy.Waiver(rule.get(), namespaces, expires.get()));
      }
    }
    return List.copyOf(waivers);
  }

  private static Optional<Boolean> bool(Node node) {
    return node.bool(VLLM_507, "must be true or false; correct it");
  }
}
