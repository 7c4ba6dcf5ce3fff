package dev.ringfence.guard.model;

import dev.ringfence.guard.Rule;
import dev.ringfence.guard.json.Json;
import dev.ringfence.guard.json.JsonFault;
import dev.ringfence.guard.json.JsonReader;
import dev.ringfence.guard.json.JsonScan;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the small files of a model may say. A digest tells that a file is the one that was vouched
 * for; this tells that nobody vouched for code, or for another model that the engine would load
 * instead.
 */
public final class Contents {
  private static final Set<String> CODE =
      Set.of(
          "py", "pyc", "pyi", "ipynb", "so", "dll", "dylib", "pyd", "sh", "js", "cu", "cpp", "c",
          "h", "cubin", "ptx", "whl", "egg", "jar", "exe");
  private static final Set<String> OTHER_FORMATS =
      Set.of(
          "bin", "pt", "pth", "pkl", "pickle", "ckpt", "gguf", "ggml", "h5", "hdf5", "msgpack",
          "onnx", "npz", "npy", "joblib", "tflite", "pb", "mar", "nemo");

  /**
   * Members that make somebody load code or another model, whatever they hold (a number is a
   * token's id in a vocabulary).
   */
  private static final Map<String, Rule> NEVER =
      Map.of(
          "auto_map", Rule.NO_CODE,
          "custom_pipelines", Rule.NO_CODE,
          "speculators_config", Rule.NO_SECOND_MODEL,
          "custom_generate", Rule.NO_CODE);

  private static final Set<String> TRUST =
      Set.of("trust_remote_code", "use_kernels", "use_hub_kernels");
  private static final Set<String> ATTENTION =
      Set.of(
          "attn_implementation",
          "_attn_implementation",
          "_attn_implementation_internal",
          "experts_implementation",
          "_experts_implementation");

  private Contents() {}

  /** Why a file that nobody listed, or that nobody may list, is refused: by what it is. */
  public static ModelFault unlisted(String path) {
    String name = path.substring(path.lastIndexOf('/') + 1);
    String suffix = name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
    if (name.equals("params.json") || name.equals("adapter_config.json")) {
      return new ModelFault(
          Rule.NO_SECOND_MODEL,
          path,
          "describes another model than config.json; such a file may not be in the folder");
    }
    if (CODE.contains(suffix) || path.contains("custom_generate/")) {
      return new ModelFault(Rule.NO_CODE, path, "is code; no code may be in a model's folder");
    }
    if (OTHER_FORMATS.contains(suffix)) {
      return new ModelFault(
          Rule.SAFETENSORS_ONLY,
          path,
          "is of a format that can hold code or is not verified; only safetensors may be there");
    }
    return new ModelFault(Rule.FILE_DIGESTS, path, "is not in the model's list of files");
  }

  /**
   * Walks through a JSON file of any length and refuses what names code or another model, at any
   * depth.
   */
  public static void search(String path, InputStream in) throws IOException, ModelFault {
    List<ModelFault> found = new ArrayList<>(1);
    try {
      JsonScan.scan(
          in,
          (name, kind, value) -> {
            if (found.isEmpty()) {
              member(path, name, kind, value).ifPresent(found::add);
            }
          });
    } catch (JsonFault e) {
      if (found.isEmpty()) {
        throw new ModelFault(Rule.NO_CODE, path, e.reason() + ", so it cannot be searched");
      }
    }
    if (!found.isEmpty()) {
      throw found.getFirst();
    }
  }

  private static Optional<ModelFault> member(
      String path, String name, JsonScan.Kind kind, String value) {
    Rule rule = NEVER.get(name);
    if (rule != null && kind != JsonScan.Kind.NUMBER && !value.equals("null")) {
      return Optional.of(
          new ModelFault(
              rule,
              path,
              "holds "
                  + name
                  + ", which makes the engine load "
                  + (rule == Rule.NO_CODE ? "code" : "another model")));
    }
    boolean off = value.equals("false") || value.equals("null") || kind == JsonScan.Kind.NUMBER;
    if (TRUST.contains(name) && !off) {
      return Optional.of(
          new ModelFault(
              Rule.NO_CODE, path, "holds " + name + ", which makes the engine load code"));
    }
    if (ATTENTION.contains(name)
        && (kind == JsonScan.Kind.OBJECT || value.contains("/") || value.contains(":"))) {
      return Optional.of(
          new ModelFault(Rule.NO_CODE, path, "names a kernel of a hub, which is code"));
    }
    return Optional.empty();
  }

  // --- what is declared

  private static Json.Obj object(String path, byte[] text) throws ModelFault {
    try {
      if (JsonReader.read(text, JsonReader.Bounds.LARGE) instanceof Json.Obj o) {
        return o;
      }
    } catch (JsonFault e) {
      throw new ModelFault(Rule.NO_CODE, path, e.reason());
    }
    throw new ModelFault(Rule.NO_CODE, path, "is no object");
  }

  /** The index of a set of shards: every shard that it names is listed. */
  public static void index(String path, byte[] text, Set<String> listed) throws ModelFault {
    if (!(object(path, text).get("weight_map") instanceof Json.Obj map)) {
      throw new ModelFault(Rule.FILE_DIGESTS, path, "has no weight_map");
    }
    String folder = path.substring(0, path.lastIndexOf('/') + 1);
    Set<String> seen = new HashSet<>();
    for (Json shard : map.members().values()) {
      if (!(shard instanceof Json.Str s)
          || (seen.add(s.text())
              && (!s.text().endsWith(".safetensors") || !listed.contains(folder + s.text())))) {
        throw new ModelFault(
            Rule.FILE_DIGESTS, path, "names a shard that is not in the model's list of files");
      }
    }
  }

  /** What a checkpoint says of its quantization. */
  public record Found(String method, OptionalInt bits, OptionalInt groupSize) {}

  /** What config.json says: architectures, sizes, quantization. */
  public static void config(byte[] text, byte @Nullable [] quantText, ModelFacts facts)
      throws ModelFault {
    Json.Obj config = object("config.json", text);
    Set<String> architectures = new HashSet<>();
    if (config.get("architectures") instanceof Json.Arr a) {
      for (Json item : a.items()) {
        architectures.add(item instanceof Json.Str s ? s.text() : "");
      }
    }
    if (!architectures.equals(Set.copyOf(facts.architectures()))) {
      throw new ModelFault(
          Rule.MODEL_NAME, "config.json", "names other architectures than the TrustedModel");
    }
    for (Map.Entry<String, Long> e :
        Map.of(
                "vocab_size",
                10_000_000L,
                "num_hidden_layers",
                10_000L,
                "hidden_size",
                1_000_000L,
                "max_position_embeddings",
                1L << 30)
            .entrySet()) {
      if (config.get(e.getKey()) instanceof Json.Num n) {
        OptionalLong v = n.asLong();
        if (v.isEmpty() || v.getAsLong() < 1 || v.getAsLong() > e.getValue()) {
          throw new ModelFault(
              Rule.MODEL_NAME, "config.json", "has " + e.getKey() + " out of range");
        }
      }
    }
    Optional<Found> inConfig = quantization(config);
    Optional<Found> inOther =
        quantText == null ? Optional.empty() : modelopt(object("hf_quant_config.json", quantText));
    if (inConfig.isPresent()
        && inOther.isPresent()
        && !inConfig.get().method().startsWith("modelopt")) {
      throw new ModelFault(
          Rule.QUANTIZATION_METHOD,
          "hf_quant_config.json",
          "and config.json name different methods");
    }
    if (inOther.isPresent()) {
      declared("hf_quant_config.json", inOther.get(), facts.quantization());
    }
    if (inConfig.isPresent()) {
      declared("config.json", inConfig.get(), facts.quantization());
    }
    if (inConfig.isEmpty() && inOther.isEmpty() && !facts.quantization().method().equals("none")) {
      throw new ModelFault(
          Rule.QUANTIZATION_METHOD,
          "config.json",
          "has no quantization, though the TrustedModel declares one");
    }
  }

  private static void declared(String path, Found found, ModelFacts.Quantization wanted)
      throws ModelFault {
    boolean same =
        found.method().startsWith("modelopt")
            ? wanted.method().startsWith("modelopt")
            : found.method().equals(wanted.method().replace('_', '-'));
    if (!same) {
      throw new ModelFault(
          Rule.QUANTIZATION_METHOD,
          path,
          wanted.method().equals("none")
              ? "is quantized, though the TrustedModel declares none"
              : "names another method than the TrustedModel");
    }
    if (wanted.bits().isPresent()
        && found.bits().isPresent()
        && !wanted.bits().equals(found.bits())) {
      throw new ModelFault(
          Rule.QUANTIZATION_PARAMETERS, path, "has other bits than the TrustedModel");
    }
    if (wanted.groupSize().isPresent()
        && found.groupSize().isPresent()
        && !wanted.groupSize().equals(found.groupSize())) {
      throw new ModelFault(
          Rule.QUANTIZATION_PARAMETERS, path, "has another group size than the TrustedModel");
    }
  }

  /**
   * The quantization of config.json, at its top or in the part of a composed model that generates
   * text.
   */
  public static Optional<Found> quantization(Json.Obj config) {
    for (String name : List.of("quantization_config", "compression_config")) {
      if (config.get(name) instanceof Json.Obj q) {
        String method = q.get("quant_method") instanceof Json.Str s ? s.text() : "unknown";
        return Optional.of(
            new Found(
                method.toLowerCase(Locale.ROOT).replace('_', '-'),
                first(q, "bits", "w_bit", "weight_bits"),
                first(q, "group_size", "q_group_size", "weight_block_size")));
      }
    }
    for (String part : List.of("text_config", "llm_config", "language_config", "thinker_config")) {
      if (config.get(part) instanceof Json.Obj inner) {
        Optional<Found> found = quantization(inner);
        if (found.isPresent()) {
          return found;
        }
      }
    }
    return Optional.empty();
  }

  /** The quantization of hf_quant_config.json. */
  private static Optional<Found> modelopt(Json.Obj file) {
    if (file.get("quantization") instanceof Json.Obj q && q.get("quant_algo") instanceof Json.Str) {
      return Optional.of(new Found("modelopt", OptionalInt.empty(), first(q, "group_size")));
    }
    return Optional.empty();
  }

  private static OptionalInt first(Json.Obj q, String... names) {
    for (String name : names) {
      if (q.get(name) instanceof Json.Num n && n.asLong().isPresent()) {
        long v = n.asLong().getAsLong();
        if (Math.abs(v) <= Integer.MAX_VALUE) {
          return OptionalInt.of((int) v);
        }
      }
    }
    return OptionalInt.empty();
  }
}
