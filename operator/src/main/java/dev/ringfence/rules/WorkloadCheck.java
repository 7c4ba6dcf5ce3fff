package dev.ringfence.rules;

import static dev.ringfence.rules.Rule.VLLM_001;
import static dev.ringfence.rules.Rule.VLLM_507;
import static dev.ringfence.rules.Rule.VLLM_508;
import static dev.ringfence.rules.Rule.VLLM_707;
import static dev.ringfence.rules.Rule.VLLM_709;
import static dev.ringfence.rules.Rule.VLLM_712;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ringfence.api.v1alpha1.RuleText;
import dev.ringfence.rules.Surroundings.NamespaceFacts;
import dev.ringfence.rules.Surroundings.PolicyState;
import dev.ringfence.rules.Surroundings.WaiverInForce;
import dev.ringfence.rules.Workload.RolloutStrategy;
import dev.ringfence.vllm.Version;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Judges one VLLMDeployment: reads its parts, each in a class of its own, and puts them together.
 */
final class WorkloadCheck {
  private static final Duration SOON = Duration.ofDays(14);
  private static final String ENFORCE = "pod-security.kubernetes.io/enforce";
  private static final String DEDICATED = "ringfence.dev/dedicated";

  private final Faults faults = new Faults();
  private final List<String> warnings = new ArrayList<>();
  private final Surroundings surroundings;
  private final Node object;
  private final String namespace;
  private final Policy policy;
  private final Waivers waivers;

  WorkloadCheck(JsonNode json, Surroundings surroundings) {
    this.surroundings = surroundings;
    this.object = new Node(json, FieldPath.object(), faults);
    this.namespace = json.path("metadata").path("namespace").asText("default");
    this.policy =
        surroundings.policy() instanceof PolicyState.Valid v ? v.policy() : PolicyCheck.STRICT;
    this.waivers = new Waivers(surroundings.policy(), namespace, surroundings.now());
  }

  Verdict verdict() {
    Shapes.envelope(object, VLLM_001);
    policyIsThere();
    String name = name();
    Node spec = object.get("spec");
    spec.object(
        Set.of(
            "model",
            "engine",
            "tenants",
            "api",
            "resources",
            "scheduling",
            "rollout",
            "startupTimeoutSeconds",
            "drainSeconds",
            "suspended"),
        VLLM_001,
        "an object with the workload's fields");

    String ref = spec.get("model").get("ref").json().asText("");
    Limits limits = Limits.of(policy, namespace, labels(), ref, surroundings.now());
    Policy.Limits effective = limits.effective();

    ModelPart model =
        new ModelPart(spec.get("model"), name, namespace, labels(), surroundings, warnings);
    ResourcesPart resources = new ResourcesPart(spec.get("resources"), policy);
    EnginePart engine =
        new EnginePart(
            spec.get("engine"),
            policy,
            surroundings,
            effective,
            waivers,
            model.found(),
            resources.gpus());
    resources.complete(engine.tensorParallelSize());
    ApiPart api = new ApiPart(spec.get("api"), effective);
    TenantsPart tenants =
        new TenantsPart(spec.get("tenants"), effective, policy.network().requireTls());
    SchedulingPart scheduling = new SchedulingPart(spec.get("scheduling"), policy, waivers);
    secretRoles();
    namespaceRules(effective);

    RolloutStrategy rollout = rollout(spec.get("rollout"));
    int startup =
        spec.get("startupTimeoutSeconds").integer(RuleText.STARTUP_TIMEOUT, 60, 7200).orElse(1800);
    int drain = spec.get("drainSeconds").integer(RuleText.DRAIN, 0, 600).orElse(60);
    boolean suspended =
        spec.get("suspended")
            .bool(VLLM_001, "must be true or false; correct it or remove it")
            .orElse(false);
    new CredentialScan(faults, VLLM_508).scan(object.json());

    if (!faults.none()) {
      return new Verdict.Rejected(faults.sorted(), List.copyOf(warnings));
    }
    Workload.Platform platform = platform(limits);
    advise(engine, api, model, tenants);
    waivers.used().stream()
        .filter(w -> w.until().isBefore(surroundings.now().plus(SOON)))
        .forEach(
            w ->
                warnings.add(
                    "the waiver of "
                        + w.rule().id()
                        + " ends at "
                        + w.until()
                        + ", in less than 14 days"));
    limits
        .firstEnd()
        .filter(end -> end.isBefore(surroundings.now().plus(SOON)))
        .ifPresent(
            end ->
                warnings.add(
                    "an override of the policy that this workload may use ends at "
                        + end
                        + ", in less than 14 days"));
    Optional<Instant> nextEnd =
        Stream.concat(limits.firstEnd().stream(), waivers.used().stream().map(WaiverInForce::until))
            .min(Comparator.naturalOrder());
    Workload workload =
        new AcceptedWorkload(
            namespace,
            name,
            model.servedNames(),
            model.found().orElseThrow(),
            model.token(),
            model.storage(),
            engine.engine(),
            tenants.tenants(),
            api.api(),
            resources.resources(),
            scheduling.scheduling(),
            rollout,
            startup,
            drain,
            suspended,
            platform);
    return new Verdict.Accepted(workload, List.copyOf(warnings), waivers.used(), nextEnd);
  }

  private Workload.Platform platform(Limits limits) {
    return new Workload.Platform(
        policy.engine().imagePullSecrets(),
        waivers.lifts(Rule.VLLM_212) ? Optional.empty() : Optional.of(policy.noSwapLabel()),
        policy.network().clients(),
        policy.network().monitoring(),
        policy.network().requireEnforcement(),
        policy.fetch(),
        policy.pod().runAsUser(),
        policy.pod().cpuLimits(),
        policy.denyPatterns(),
        limits.forGuard(),
        limits.ending());
  }

  private void policyIsThere() {
    switch (surroundings.policy()) {
      case PolicyState.Missing m ->
          faults.forbidden(
              FieldPath.root("spec"),
              VLLM_507,
              "must have a VLLMPolicy named default beside it, there is none; kubectl apply one (ringfence init prints one), or pass it to validate with --policy");
      case PolicyState.Invalid i ->
          faults.forbidden(
              FieldPath.root("spec"),
              VLLM_507,
              "must have a valid VLLMPolicy named default beside it, the one there is invalid and counts as none; correct what its own status or validate says of it");
      case PolicyState.Valid v -> {}
    }
  }

  private String name() {
    Node metadata = object.get("metadata");
    Node name = metadata.get("name");
    if (name.unset()) {
      faults.required(name.path(), RuleText.WORKLOAD_NAME);
    }
    metadata
        .get("namespace")
        .string(VLLM_001, Names.LABEL, "must be the name of a namespace; correct it");
    return name.unseen(RuleText.WORKLOAD_NAME, Names.WORKLOAD.asMatchPredicate()).orElse("");
  }

  private Optional<Map<String, String>> labels() {
    return surroundings.namespace() instanceof NamespaceFacts.Known known
        ? Optional.of(known.labels())
        : Optional.empty();
  }

  private RolloutStrategy rollout(Node node) {
    node.object(Set.of("strategy"), VLLM_001, "an object with a strategy");
    return node.get("strategy")
        .oneOf(VLLM_001, List.of("Replace", "Surge"), "correct it or remove it for Replace")
        .map(RolloutStrategy::valueOf)
        .orElse(RolloutStrategy.Replace);
  }

  private void secretRoles() {
    List<Surroundings.SecretUse> seen = new ArrayList<>(surroundings.neighbours().secrets());
    Node spec = object.get("spec");
    Node token = spec.get("model").get("tokenSecretRef").get("name");
    secretRole(token, Surroundings.SecretUse.Role.TOKEN, "", seen);
    Node tenants = spec.get("tenants");
    for (int i = 0; tenants.json().isArray() && i < Math.min(64, tenants.json().size()); i++) {
      Node tenant = new Node(tenants.json().get(i), tenants.path().index(i), faults);
      String name = tenant.get("name").json().asText("");
      secretRole(
          tenant.get("apiKeySecretRef").get("name"), Surroundings.SecretUse.Role.KEYS, name, seen);
      secretRole(tenant.get("tlsSecretName"), Surroundings.SecretUse.Role.TLS, name, seen);
    }
  }

  private void secretRole(
      Node secret,
      Surroundings.SecretUse.Role role,
      String tenant,
      List<Surroundings.SecretUse> seen) {
    if (!secret.json().isTextual()) {
      return;
    }
    Surroundings.SecretUse use =
        new Surroundings.SecretUse(secret.json().textValue(), role, tenant);
    if (seen.stream().anyMatch(other -> SecretUses.conflict(use, other))) {
      faults.inconsistent(secret.path(), RuleText.SECRET_ROLES);
    }
    seen.add(use);
  }

  private void namespaceRules(Policy.Limits effective) {
    FieldPath path = FieldPath.root("metadata").child("namespace");
    if (policy.scheduling().requireRestrictedNamespace()) {
      label(
          path,
          VLLM_707,
          ENFORCE,
          "restricted",
          "must enforce the restricted Pod Security level; kubectl label namespace "
              + shownNamespace()
              + " "
              + ENFORCE
              + "=restricted");
    }
    if (policy.scheduling().requireDedicatedNamespace()) {
      label(
          path,
          VLLM_709,
          DEDICATED,
          "true",
          "must be dedicated to Ringfence, the policy asks for it; ask the platform team to label it "
              + DEDICATED
              + "=true");
    }
    int most = effective.workloadsPerNamespace();
    if (surroundings.neighbours().workloads() >= most) {
      faults.tooMany(
          path,
          VLLM_712,
          "must hold at most "
              + most
              + (most == 1 ? " workload" : " workloads")
              + ", the policy's limit here; delete one that is not used, or ask the platform team for an overrides entry of the VLLMPolicy with limits.workloadsPerNamespace: "
              + (most + 1));
    }
  }

  private String shownNamespace() {
    return Names.LABEL.matcher(namespace).matches() ? namespace : "NAME";
  }

  private void label(FieldPath path, Rule rule, String key, String value, String detail) {
    switch (surroundings.namespace()) {
      case NamespaceFacts.Unknown u -> warnings.add("not checked here: " + rule.id());
      case NamespaceFacts.Known known -> {
        if (!value.equals(known.labels().get(key)) && !waivers.lifts(rule)) {
          faults.forbidden(path, rule, detail);
        }
      }
    }
  }

  /** Told before the minimum rises, not by a rejection afterwards. */
  private void oldest(Version version) {
    if (!version.base().equals(policy.engine().minimumVersion().base())) {
      return;
    }
    policy.engine().images().stream()
        .filter(
            i -> i.revoked().isEmpty() && surroundings.knowledge().release(i.version()).isPresent())
        .map(Policy.Image::version)
        .filter(v -> v.compareTo(version) > 0)
        .max(Comparator.naturalOrder())
        .ifPresent(
            newest ->
                warnings.add(
                    "spec.engine.image: its vLLM version "
                        + version
                        + " is the oldest that the policy allows, and the policy lists "
                        + newest
                        + " too; move before the minimum rises"));
  }

  private void advise(EnginePart engine, ApiPart api, ModelPart model, TenantsPart tenants) {
    int context = engine.engine().maxModelLen();
    if (context < api.api().maxOutputTokens()) {
      warnings.add(
          "spec.engine.maxModelLen ("
              + context
              + ") is below api.maxOutputTokens ("
              + api.api().maxOutputTokens()
              + "), no answer can be that long");
    }
    // Four characters a token is usual for English prose; code and other scripts need more tokens.
    if (api.api().maxPromptCharacters() / 4 + api.api().defaultOutputTokens() > context) {
      warnings.add(
          "spec.engine.maxModelLen ("
              + context
              + ") is too small for api.maxPromptCharacters ("
              + api.api().maxPromptCharacters()
              + "), long prompts will be refused by the engine");
    }
    oldest(engine.engine().version());
    boolean once =
        model.storage().map(s -> s.accessMode() == Workload.AccessMode.ReadWriteOnce).orElse(false);
    int pods = tenants.tenants().stream().mapToInt(t -> t.scale().most()).sum();
    if (once && pods > 1) {
      warnings.add(
          "spec.model.storage is ReadWriteOnce and there are several pods, so all of them run on one node; use ReadWriteMany to spread them");
    }
  }
}
