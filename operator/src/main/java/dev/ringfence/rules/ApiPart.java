package dev.ringfence.rules;

import static dev.ringfence.rules.Rule.VLLM_503;
import static dev.ringfence.rules.Rule.VLLM_504;
import static dev.ringfence.rules.Rule.VLLM_505;
import static dev.ringfence.rules.Rule.VLLM_509;

import dev.ringfence.api.v1alpha1.RuleText;
import dev.ringfence.rules.Workload.Api;
import dev.ringfence.rules.Workload.DenyPatternsMode;
import dev.ringfence.rules.Workload.Endpoint;
import dev.ringfence.rules.Workload.LabelSelector;
import dev.ringfence.rules.Workload.Peer;
import dev.ringfence.rules.Workload.Temperature;
import java.math.BigDecimal;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** {@code spec.api}: what the guard opens. */
final class ApiPart {
  private static final BigDecimal TWO = BigDecimal.valueOf(2);
  private static final BigDecimal DEFAULT_TEMPERATURE = new BigDecimal("0.7");
  private static final List<String> ENDPOINTS =
      Arrays.stream(Endpoint.values()).map(Endpoint::text).toList();
  private static final String TOGETHER = "maxPromptCharacters and engine.maxModelLen";

  private final Faults faults;
  private final Api api;

  ApiPart(Node node, Policy.Limits limits) {
    this.faults = node.faults();
    node.object(
        Set.of(
            "maxPromptCharacters",
            "maxOutputTokens",
            "defaultOutputTokens",
            "temperature",
            "endpoints",
            "denyPatterns",
            "allowFrom"),
        Rule.VLLM_001,
        "an object with the API's limits");
    int prompt =
        Upper.integer(
            node.get("maxPromptCharacters"),
            RuleText.MAX_PROMPT_CHARACTERS,
            1_048_576,
            limits.maxPromptCharacters(),
            8192,
            TOGETHER);
    int output =
        Upper.integer(
            node.get("maxOutputTokens"),
            RuleText.MAX_OUTPUT_TOKENS,
            4096,
            limits.maxOutputTokens(),
            2048,
            "");
    this.api =
        new Api(
            prompt,
            output,
            defaultOutput(node, output),
            temperature(node.get("temperature"), limits.temperature()),
            endpoints(node.get("endpoints")),
            denyPatterns(node.get("denyPatterns"), limits.denyPatternsMode()),
            allowFrom(node.get("allowFrom")));
  }

  Api api() {
    return api;
  }

  private int defaultOutput(Node node, int output) {
    Node field = node.get("defaultOutputTokens");
    Optional<Integer> value = field.integer(RuleText.DEFAULT_OUTPUT_TOKENS, 1, 4096);
    if (value.isPresent() && value.get() > output) {
      faults.inconsistent(field.path(), RuleText.DEFAULT_ABOVE_MAX_OUTPUT);
    }
    return value.orElse(Math.min(512, output));
  }

  private Temperature temperature(Node node, BigDecimal limit) {
    node.object(Set.of("min", "max", "default"), VLLM_503, "an object with min, max and default");
    int before = faults.count();
    Optional<BigDecimal> min = degree(node.get("min"), limit);
    Optional<BigDecimal> max = degree(node.get("max"), limit);
    Optional<BigDecimal> given = degree(node.get("default"), limit);
    BigDecimal low = min.orElse(BigDecimal.ZERO);
    BigDecimal high = max.orElse(TWO.min(limit));
    // The nearer end of a range that does not hold 0.7.
    BigDecimal usual = given.orElse(DEFAULT_TEMPERATURE.max(low).min(high));
    if (faults.count() == before && (low.compareTo(usual) > 0 || usual.compareTo(high) > 0)) {
      faults.inconsistent(node.path(), RuleText.TEMPERATURE_ORDER);
    }
    return new Temperature(low, high, usual);
  }

  private Optional<BigDecimal> degree(Node node, BigDecimal limit) {
    Optional<BigDecimal> value =
        node.number(
            VLLM_503,
            n -> n.signum() >= 0 && n.compareTo(TWO) <= 0,
            Faults.detailOf(RuleText.TEMPERATURE));
    if (value.isPresent() && value.get().compareTo(limit) > 0) {
      faults.invalid(
          node,
          VLLM_503,
          "must be at most "
              + limit.toPlainString()
              + ", the policy's limit here; lower it, or ask the platform team for an overrides entry of the VLLMPolicy with limits.temperature: "
              + Shown.of(node.json()).orElse(""));
      return Optional.empty();
    }
    return value;
  }

  private Set<Endpoint> endpoints(Node list) {
    if (list.unset()) {
      return EnumSet.of(Endpoint.CHAT, Endpoint.COMPLETIONS, Endpoint.MODELS);
    }
    if (list.emptyList()) {
      faults.required(list.path(), RuleText.ENDPOINTS_EMPTY);
    }
    Set<Endpoint> endpoints = EnumSet.noneOf(Endpoint.class);
    for (Node item : list.items(16, VLLM_505, "endpoints")) {
      Optional<Endpoint> endpoint =
          item.oneOf(VLLM_505, ENDPOINTS, "remove it, the engine's other paths stay closed")
              .map(t -> Endpoint.valueOf(t.toUpperCase(Locale.ROOT)));
      if (endpoint.isPresent() && !endpoints.add(endpoint.get())) {
        faults.duplicate(item.path(), VLLM_505, "must be listed once; remove the twin");
      }
    }
    if (endpoints.contains(Endpoint.EMBEDDINGS)
        && !EnumSet.of(Endpoint.EMBEDDINGS, Endpoint.MODELS).containsAll(endpoints)) {
      faults.inconsistent(list.path(), RuleText.EMBEDDINGS_ALONE);
    }
    return endpoints;
  }

  private DenyPatternsMode denyPatterns(Node node, DenyPatternsMode loosest) {
    node.object(Set.of("mode"), VLLM_504, "an object with a mode");
    Node field = node.get("mode");
    Optional<DenyPatternsMode> mode =
        field
            .oneOf(
                VLLM_504,
                List.of("Enforce", "Audit", "Off"),
                "correct it (a bare Off is a boolean in YAML, quote it)")
            .map(DenyPatternsMode::valueOf);
    if (mode.isPresent() && mode.get().compareTo(loosest) > 0) {
      faults.invalid(
          field,
          VLLM_504,
          "must be "
              + loosest
              + ", as the policy says; remove it, or ask the platform team for an overrides entry of the VLLMPolicy with limits.denyPatternsMode: "
              + mode.get());
    }
    return mode.orElse(DenyPatternsMode.Enforce);
  }

  /** Left out, it is every pod of the workload's own namespace. */
  private List<Peer> allowFrom(Node list) {
    if (list.unset()) {
      return List.of(
          new Peer(Optional.empty(), Optional.of(new LabelSelector(new TreeMap<>(), List.of()))));
    }
    if (list.emptyList()) {
      faults.required(list.path(), RuleText.ALLOW_FROM_EMPTY);
    }
    return Shapes.peers(list, 16, VLLM_509);
  }
}
