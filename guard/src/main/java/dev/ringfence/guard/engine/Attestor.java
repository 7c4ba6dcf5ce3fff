package dev.ringfence.guard.engine;

import dev.ringfence.guard.Rule;
import dev.ringfence.guard.json.Json;
import dev.ringfence.guard.json.JsonFault;
import dev.ringfence.guard.json.JsonReader;
import dev.ringfence.guard.policy.Contract;
import dev.ringfence.guard.state.EngineView.Attestation;
import dev.ringfence.guard.state.EngineView.Check;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Compares what a running engine says of itself with the contract. It finds mistakes, not malice.
 */
public final class Attestor {
  private static final int MILLIS = 3000;
  private static final String MISSING = "nothing";

  /** A release with what may stand behind it: a post-release, a local label. */
  private static final Pattern VERSION =
      Pattern.compile("([0-9]+\\.[0-9]+\\.[0-9]+)(\\.post[0-9]+)?(\\+[A-Za-z0-9.]+)?");

  private static final String INFO = "vllm:cache_config_info{";

  private Attestor() {}

  /** Asks everything; what the engine does not answer counts as wrong. */
  public static Attestation attest(EngineClient engine, Contract contract, String servedFolder) {
    List<Check> checks = new ArrayList<>();
    checks.add(version(body(engine, "/version"), contract));
    checks.addAll(models(body(engine, "/v1/models"), contract, servedFolder));
    checks.addAll(cacheConfig(body(engine, "/metrics"), contract));
    return new Attestation(List.copyOf(checks));
  }

  private static byte @Nullable [] body(EngineClient engine, String path) {
    try {
      EngineClient.Answer a = engine.get(path, MILLIS);
      return a.status() == 200 ? a.body() : null;
    } catch (EngineClient.NoAnswer e) {
      return null;
    }
  }

  private static @Nullable Json json(byte @Nullable [] body) {
    if (body == null) {
      return null;
    }
    try {
      return JsonReader.read(body, JsonReader.Bounds.LARGE);
    } catch (JsonFault e) {
      return null;
    }
  }

  static Check version(byte @Nullable [] body, Contract contract) {
    String got = MISSING;
    if (json(body) instanceof Json.Obj o && o.get("version") instanceof Json.Str s) {
      Matcher m = VERSION.matcher(s.text());
      got = m.matches() ? m.group(1) : EngineClient.shown(s.text());
    }
    return new Check("version", Rule.ENGINE_VERSION, contract.engine().version(), got);
  }

  static List<Check> models(byte @Nullable [] body, Contract contract, String servedFolder) {
    TreeSet<String> names = new TreeSet<>();
    TreeSet<String> roots = new TreeSet<>();
    TreeSet<String> lengths = new TreeSet<>();
    if (json(body) instanceof Json.Obj o && o.get("data") instanceof Json.Arr data) {
      for (Json item : data.items()) {
        Json.Obj model = item instanceof Json.Obj m ? m : new Json.Obj();
        names.add(text(model.get("id")));
        roots.add(text(model.get("root")));
        lengths.add(model.get("max_model_len") instanceof Json.Num n ? n.token() : MISSING);
      }
    }
    return List.of(
        new Check(
            "model names",
            Rule.MODEL_NAME,
            String.join(" ", new TreeSet<>(contract.servedNames())),
            names.isEmpty() ? MISSING : String.join(" ", names)),
        new Check(
            "model folder",
            Rule.FILE_DIGESTS,
            servedFolder,
            roots.isEmpty() ? MISSING : String.join(" ", roots)),
        new Check(
            "max_model_len",
            Rule.CONTEXT_LENGTH,
            Integer.toString(contract.engine().maxModelLen()),
            lengths.isEmpty() ? MISSING : String.join(" ", lengths)));
  }

  private static String text(@Nullable Json value) {
    return value instanceof Json.Str s ? EngineClient.shown(s.text()) : MISSING;
  }

  static List<Check> cacheConfig(byte @Nullable [] metrics, Contract contract) {
    List<Map<String, String>> samples = new ArrayList<>();
    if (metrics != null) {
      for (String line : EngineClient.utf8(metrics).split("\n", -1)) {
        if (line.startsWith(INFO)) {
          labels(line.substring(INFO.length())).ifPresent(samples::add);
        }
      }
    }
    double fraction = contract.engine().gpuMemoryUtilization();
    return List.of(
        check(samples, "enable_prefix_caching", Rule.PREFIX_CACHING, "False", "False"::equals),
        check(
            samples,
            "gpu_memory_utilization",
            Rule.MEMORY_FRACTION,
            Double.toString(fraction),
            v -> isNumber(v, fraction)),
        check(samples, "kv_cache_memory_bytes", Rule.MEMORY_FRACTION, "None", "None"::equals),
        check(samples, "kv_offloading_size", Rule.KV_OFFLOAD, "None", "None"::equals),
        check(
            samples,
            "num_cpu_blocks",
            Rule.NO_SWAP,
            "None",
            v -> v.equals("None") || isNumber(v, 0)));
  }

  private static boolean isNumber(String text, double wanted) {
    try {
      return Double.parseDouble(text) == wanted;
    } catch (NumberFormatException e) {
      return false;
    }
  }

  /** Every sample has to agree; the first that does not is shown. */
  private static Check check(
      List<Map<String, String>> samples,
      String label,
      Rule rule,
      String want,
      java.util.function.Predicate<String> right) {
    String got = samples.isEmpty() ? MISSING : want;
    for (Map<String, String> sample : samples) {
      String value = sample.get(label);
      if (value == null || !right.test(value)) {
        got = value == null ? MISSING : EngineClient.shown(value);
        break;
      }
    }
    return new Check(label, rule, want, got);
  }

  /** The labels of a sample in Prometheus' text form, or nothing where they cannot be read. */
  static Optional<Map<String, String>> labels(String text) {
    Map<String, String> out = new HashMap<>();
    int at = 0;
    while (at < text.length()) {
      if (text.charAt(at) == '}') {
        return Optional.of(out);
      }
      int equals = text.indexOf("=\"", at);
      if (equals < 0) {
        return Optional.empty();
      }
      String name = text.substring(at, equals);
      StringBuilder value = new StringBuilder();
      int i = equals + 2;
      while (i < text.length() && text.charAt(i) != '"') {
        char c = text.charAt(i++);
        if (c == '\\' && i < text.length()) {
          char escaped = text.charAt(i++);
          c = escaped == 'n' ? '\n' : escaped;
        }
        value.append(c);
      }
      if (i >= text.length() || out.put(name, value.toString()) != null) {
        return Optional.empty();
      }
      at = i + 1;
      if (at < text.length() && text.charAt(at) == ',') {
        at++;
      }
    }
    return Optional.empty();
  }
}
