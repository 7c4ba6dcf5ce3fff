package dev.ringfence.render;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Workloads made from a seed: legal ones, and ones with text that wants to be read as code. */
final class Specs {
  /** What must never reach a command line: shell, options, the kubelet's own expansion. */
  private static final List<String> NASTY =
      List.of(
          "$(NCCL_DEBUG)",
          "x$(id)",
          "$$(HOME)",
          "a$$b",
          "`id`",
          "x; reboot",
          "--trust-remote-code",
          "-x",
          "a b",
          "a\nb",
          "'\"",
          "../../etc",
          "${HOME}",
          "a=b",
          "\u202e",
          "%s");

  private static final List<String> WORDS =
      List.of("alpha", "b2", "team-x", "gamma9", "delta-4-x", "e", "zulu");

  private final Random random;

  private Specs(long seed) {
    this.random = new Random(seed);
  }

  /** The policy that opens as much as any can. */
  static JsonNode policy() {
    ObjectNode policy = Examples.JSON.createObjectNode();
    policy.put("apiVersion", "ringfence.dev/v1alpha1").put("kind", "VLLMPolicy");
    policy.putObject("metadata").put("name", "default");
    ObjectNode spec = policy.putObject("spec");
    ObjectNode engine = spec.putObject("engine");
    engine.put("minimumVersion", "0.28.0").put("allowCpu", true);
    ArrayNode images = engine.putArray("images");
    VERSIONS.forEach(v -> images.addObject().put("image", image(v)).put("version", v));
    engine
        .putArray("allowedArguments")
        .add("--seed")
        .add("--max-logprobs")
        .add("--stream-interval");
    engine.putArray("allowedEnvironment").add("NCCL_DEBUG");
    spec.putObject("limits")
        .put("gpuMemoryUtilization", 0.95)
        .put("maxModelLen", 1048576)
        .put("maxNumBatchedTokens", 1048576)
        .put("maxNumSeqs", 4096)
        .put("maxPromptCharacters", 1048576)
        .put("maxOutputTokens", 4096)
        .put("requestsPerMinute", 1000)
        .putArray("blockSizes")
        .add(16)
        .add(32);
    ObjectNode scheduling = spec.putObject("scheduling");
    scheduling.putArray("gpuResources").add("nvidia.com/gpu").add("amd.com/gpu");
    scheduling.putArray("tolerationKeys").add("gpu");
    scheduling.putArray("priorityClassNames").add("serving");
    scheduling.putArray("runtimeClassNames").add("nvidia");
    ObjectNode waiver = spec.putArray("waivers").addObject();
    waiver.put("rule", "VLLM-207").put("reason", "r").put("approvedBy", "a");
    waiver.put("expires", "2027-06-01T00:00:00Z").putArray("namespaces").add("ns");
    return policy;
  }

  static final List<String> VERSIONS =
      List.of("0.28.0", "0.29.0", "0.30.0", "0.31.0", "0.32.0", "0.33.0");

  private static String image(String version) {
    return "docker.io/vllm/vllm-openai@sha256:" + ModelFolder.sha256(version);
  }

  static List<JsonNode> models() {
    List<JsonNode> models = new ArrayList<>();
    models.add(
        model(
            "fetched",
            "MistralForCausalLM",
            "{\"huggingFace\": {\"repository\": \"a/b\", \"revision\": \""
                + "0".repeat(40)
                + "\"}}"));
    models.add(
        model("claimed", "LlamaForCausalLM", "{\"volumeClaim\": {\"claimName\": \"models\"}}"));
    models.add(
        model(
            "vision",
            "Qwen2_5_VLForConditionalGeneration",
            "{\"volumeClaim\": {\"claimName\": \"models\", \"path\": \"a/b\"}}"));
    models.add(model("vectors", "BertModel", "{\"volumeClaim\": {\"claimName\": \"models\"}}"));
    ObjectNode quantized =
        (ObjectNode)
            model(
                "quantized",
                "Qwen2ForCausalLM",
                "{\"image\": {\"reference\": \"r.example/m@sha256:" + "1".repeat(64) + "\"}}");
    ObjectNode spec = (ObjectNode) quantized.get("spec");
    spec.putObject("quantization").put("method", "awq").put("bits", 4).put("groupSize", 128);
    spec.putArray("smokeTest")
        .addObject()
        .put("prompt", "p")
        .put("expect", "e")
        .put("maxTokens", 8);
    models.add(quantized);
    return models;
  }

  private static JsonNode model(String name, String architecture, String source) {
    ObjectNode model = Examples.JSON.createObjectNode();
    model.put("apiVersion", "ringfence.dev/v1alpha1").put("kind", "TrustedModel");
    model.putObject("metadata").put("name", name);
    ObjectNode spec = model.putObject("spec");
    spec.set("source", Examples.read(source));
    spec.put("format", "safetensors").putArray("architectures").add(architecture);
    spec.putObject("quantization").put("method", "none");
    ArrayNode files = spec.putArray("files");
    for (String path : List.of("config.json", "model.safetensors")) {
      files.addObject().put("path", path).put("size", 999).put("sha256", ModelFolder.sha256(path));
    }
    return model;
  }

  /** A workload; of the same seed always the same. */
  static ObjectNode workload(long seed) {
    return new Specs(seed).workload();
  }

  /** The same with a nasty text in the place of one text. */
  static ObjectNode nasty(long seed) {
    Specs specs = new Specs(seed);
    ObjectNode workload = specs.workload();
    List<Map.Entry<JsonNode, Object>> texts = new ArrayList<>();
    collect(workload.get("spec"), texts);
    Map.Entry<JsonNode, Object> place = texts.get(specs.random.nextInt(texts.size()));
    String text = specs.pick(NASTY);
    if (place.getKey() instanceof ObjectNode o) {
      String old = o.get((String) place.getValue()).asText();
      o.put((String) place.getValue(), specs.random.nextBoolean() ? text : old + text);
    } else {
      ArrayNode a = (ArrayNode) place.getKey();
      int i = (Integer) place.getValue();
      a.set(i, specs.random.nextBoolean() ? text : a.get(i).asText() + text);
    }
    return workload;
  }

  private static void collect(JsonNode node, List<Map.Entry<JsonNode, Object>> texts) {
    if (node.isObject()) {
      node.properties()
          .forEach(
              e -> {
                if (e.getValue().isTextual()) {
                  texts.add(Map.entry(node, e.getKey()));
                }
                collect(e.getValue(), texts);
              });
    } else if (node.isArray()) {
      for (int i = 0; i < node.size(); i++) {
        if (node.get(i).isTextual()) {
          texts.add(Map.entry(node, i));
        }
        collect(node.get(i), texts);
      }
    }
  }

  private ObjectNode workload() {
    ObjectNode w = Examples.JSON.createObjectNode();
    w.put("apiVersion", "ringfence.dev/v1alpha1").put("kind", "VLLMDeployment");
    w.putObject("metadata").put("name", pick(WORDS)).put("namespace", "ns");
    ObjectNode spec = w.putObject("spec");
    String model = pick(List.of("fetched", "claimed", "vision", "vectors", "quantized"));
    spec.putObject("model").put("ref", model);
    if (some()) {
      ArrayNode names = spec.withObject("/model").putArray("servedNames");
      for (int i = 0; i <= random.nextInt(3); i++) {
        names.add(pick(List.of("A", "org/model-", "v1.", "x_y")) + i);
      }
    }
    engine(spec, model);
    tenants(spec);
    ObjectNode api = spec.putObject("api");
    if (model.equals("vectors")) {
      api.putArray("endpoints").add("embeddings").add("models");
    }
    if (some()) {
      api.put("maxOutputTokens", 512 + random.nextInt(3584));
    }
    resources(spec);
    if (some()) {
      ObjectNode s = spec.putObject("scheduling");
      s.putObject("nodeSelector").put("example.com/pool", pick(WORDS));
      s.putArray("tolerations").addObject().put("key", "gpu").put("operator", "Exists");
      s.put("priorityClassName", "serving").put("runtimeClassName", "nvidia").put("queueName", "q");
    }
    if (some()) {
      spec.putObject("rollout").put("strategy", pick(List.of("Replace", "Surge")));
    }
    if (some()) {
      spec.put("startupTimeoutSeconds", 60 + random.nextInt(7141));
      spec.put("drainSeconds", random.nextInt(601));
    }
    return w;
  }

  private void engine(ObjectNode spec, String model) {
    ObjectNode e = spec.putObject("engine");
    e.put("image", image(pick(VERSIONS)));
    if (some()) {
      e.put("gpuMemoryUtilization", (1 + random.nextInt(95)) / 100.0);
    }
    if (some()) {
      e.put("maxModelLen", 1 + random.nextInt(1048576));
    }
    if (some()) {
      e.put("maxNumSeqs", 1 + random.nextInt(4096));
    }
    if (some()) {
      e.put("maxNumBatchedTokens", 1 + random.nextInt(1048576));
    }
    if (some()) {
      e.put("blockSize", pick(List.of(16, 32)));
    }
    if (some()) {
      e.put("dtype", pick(List.of("auto", "half", "float16", "bfloat16", "float", "float32")));
    }
    if (some() && !model.equals("vectors")) {
      e.put("toolCallParser", pick(List.of("hermes", "mistral", "pythonic")));
    }
    if (some() && !model.equals("vectors")) {
      e.put("reasoningParser", pick(List.of("qwen3", "deepseek_r1")));
    }
    if (some()) {
      ArrayNode a = e.putArray("extraArgs");
      if (some()) {
        a.add("--seed=" + random.nextInt(1000));
      }
      if (some()) {
        a.add("--max-logprobs").add(Integer.toString(random.nextInt(21)));
      }
      a.add("--stream-interval=" + (1 + random.nextInt(8)));
    }
    if (some()) {
      e.putArray("env").addObject().put("name", "NCCL_DEBUG").put("value", "WARN");
    }
  }

  private void tenants(ObjectNode spec) {
    ArrayNode tenants = spec.putArray("tenants");
    for (int i = 0; i <= random.nextInt(3); i++) {
      ObjectNode t = tenants.addObject().put("name", "t" + i);
      t.putObject("apiKeySecretRef").put("name", "keys-" + i);
      switch (random.nextInt(3)) {
        case 0 -> t.put("replicas", random.nextInt(4));
        case 1 -> t.putObject("scaling").put("minReplicas", 1).put("maxReplicas", 4);
        default -> {}
      }
      if (some()) {
        t.put("tlsSecretName", "tls-" + i);
      }
    }
  }

  private void resources(ObjectNode spec) {
    ObjectNode r = spec.putObject("resources");
    r.put("cpu", pick(List.of("4", "7500m", "0.5", "1e1")));
    r.put("memory", pick(List.of("64Gi", "96G", "100000Mi", "70000000001")));
    if (some()) {
      r.put("gpus", random.nextInt(9));
    }
    if (some()) {
      r.put("gpuResource", pick(List.of("nvidia.com/gpu", "amd.com/gpu")));
    }
    if (some()) {
      r.put("sharedMemory", "3Gi").put("scratch", "4500M");
    }
  }

  private boolean some() {
    return random.nextInt(3) == 0;
  }

  private <T> T pick(List<T> from) {
    return from.get(random.nextInt(from.size()));
  }
}
