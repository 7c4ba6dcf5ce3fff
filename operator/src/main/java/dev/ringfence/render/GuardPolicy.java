package dev.ringfence.render;

import dev.ringfence.rules.TrustedModel;
import dev.ringfence.rules.Workload;
import dev.ringfence.rules.Workload.Api;
import dev.ringfence.rules.Workload.DenyPatternsMode;
import dev.ringfence.rules.Workload.Endpoint;
import dev.ringfence.rules.Workload.GuardLimits;
import dev.ringfence.rules.Workload.Tenant;
import java.math.BigDecimal;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A tenant's {@code guard.json} ({@code docs/guard-policy.md}).
 *
 * @param document as the ConfigMap holds it
 * @param contract {@code sha256:} and the digest of the canonical contract, as the guard's argument
 *     pins it
 * @param limits likewise of the limits, as the guard's {@code /state} shows them
 */
record GuardPolicy(String document, String contract, String limits) {

  static GuardPolicy of(Workload w, Tenant t) {
    Map<String, Object> contract = contract(w, t);
    Map<String, Object> limits = limits(w, t);
    return new GuardPolicy(
        Json.indented(Map.of("version", 1, "contract", contract, "limits", limits)),
        digest(contract),
        digest(limits));
  }

  private static String digest(Map<String, Object> member) {
    return "sha256:" + ModelFolder.sha256(Json.canonical(member));
  }

  private static Map<String, Object> contract(Workload w, Tenant t) {
    Map<String, Object> c = new HashMap<>();
    c.put("namespace", w.namespace());
    c.put("workload", w.name());
    c.put("tenant", t.name());
    c.put("servedNames", w.servedNames());
    c.put("endpoints", w.api().endpoints().stream().sorted().map(Endpoint::text).toList());
    c.put(
        "fields",
        Map.of(
            "tools", w.engine().toolCallParser().isPresent(),
            "reasoning", w.engine().reasoningParser().isPresent()));
    c.put("drainSeconds", w.drainSeconds());
    c.put(
        "engine",
        Map.of(
            "version", release(w),
            "gpuMemoryUtilization", w.engine().gpuMemoryUtilization(),
            "maxModelLen", w.engine().maxModelLen(),
            "servedFolder", Paths.SERVED_MODEL));
    c.put("ceilings", ceilings(w.platform().ceilings()));
    c.put("smokeTests", ModelFolder.smokeTests(w.model()));
    c.put(
        "model",
        Map.of(
            "source", source(w.model().source()),
            "architectures", w.model().architectures(),
            "quantization", ModelFolder.quantization(w.model()),
            "files", ModelFolder.files(w.model())));
    return c;
  }

  /** Three numbers: what {@code /version} is compared by. */
  private static String release(Workload w) {
    List<Integer> parts = w.engine().version().release();
    return parts.get(0) + "." + parts.get(1) + "." + parts.get(2);
  }

  private static String source(TrustedModel.Source source) {
    return switch (source) {
      case TrustedModel.Source.HuggingFace hf -> "fetched";
      case TrustedModel.Source.Image i -> "image";
      case TrustedModel.Source.VolumeClaim c -> "claim";
    };
  }

  private static Map<String, Object> ceilings(GuardLimits l) {
    return Map.of(
        "maxPromptCharacters", l.maxPromptCharacters(),
        "maxOutputTokens", l.maxOutputTokens(),
        "temperature", l.temperature(),
        "requestsPerMinute", l.requestsPerMinute(),
        "tokensPerMinute", l.tokensPerMinute(),
        "maxConcurrentRequests", l.maxConcurrentRequests(),
        "denyPatternsMode", l.denyPatternsMode().name());
  }

  private static Map<String, Object> limits(Workload w, Tenant t) {
    Map<String, Object> l = values(w.api(), t, w.platform().ceilings());
    l.put("replicas", t.scale().most());
    l.put("denyPatterns", w.platform().denyPatterns());
    w.platform()
        .ending()
        .ifPresent(
            e ->
                l.put(
                    "notAfter",
                    Map.of("time", e.at().toString(), "values", values(w.api(), t, e.then()))));
    return l;
  }

  /** The workload's wishes within a bound. What was accepted is within the policy's already. */
  private static Map<String, Object> values(Api api, Tenant t, GuardLimits bound) {
    int output = Math.min(api.maxOutputTokens(), bound.maxOutputTokens());
    BigDecimal highest = api.temperature().max().min(bound.temperature());
    Map<String, Object> v = new HashMap<>();
    v.put("maxPromptCharacters", Math.min(api.maxPromptCharacters(), bound.maxPromptCharacters()));
    v.put("maxOutputTokens", output);
    v.put("defaultOutputTokens", Math.min(api.defaultOutputTokens(), output));
    v.put(
        "temperature",
        Map.of(
            "min", api.temperature().min().min(highest),
            "max", highest,
            "default", api.temperature().defaultValue().min(highest)));
    v.put("requestsPerMinute", Math.min(t.requestsPerMinute(), bound.requestsPerMinute()));
    v.put("tokensPerMinute", Math.min(t.tokensPerMinute(), bound.tokensPerMinute()));
    v.put(
        "maxConcurrentRequests",
        Math.min(t.maxConcurrentRequests(), bound.maxConcurrentRequests()));
    v.put("denyPatternsMode", stricter(api.denyPatternsMode(), bound.denyPatternsMode()).name());
    return v;
  }

  private static DenyPatternsMode stricter(DenyPatternsMode a, DenyPatternsMode b) {
    return a.compareTo(b) <= 0 ? a : b; // declared strictest first
  }
}
