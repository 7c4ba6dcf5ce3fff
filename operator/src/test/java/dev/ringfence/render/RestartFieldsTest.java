package dev.ringfence.render;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ringfence.rules.Check;
import dev.ringfence.rules.Surroundings;
import dev.ringfence.rules.Verdict;
import dev.ringfence.rules.Workload;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** Changes each field of the CRD, one at a time, and looks at the pod templates. */
class RestartFieldsTest {
  private static final Path CRD = Path.of("../crds/vllmdeployments.ringfence.dev.yaml");

  /** Where a field's new value does not stand alone, everything that has to change with it. */
  record Edit(String field, String json) {
    @Override
    public String toString() {
      return field;
    }
  }

  private static final String WORKLOAD =
      """
      {"apiVersion": "ringfence.dev/v1alpha1", "kind": "VLLMDeployment",
       "metadata": {"name": "w", "namespace": "ns"},
       "spec": {
        "model": {"ref": "fetched", "servedNames": ["a"], "tokenSecretRef": {"name": "hub", "key": "k"},
                  "storage": {"size": "100Gi", "storageClassName": "fast", "accessMode": "ReadWriteMany"}},
        "engine": {"env": [{"name": "NCCL_DEBUG", "value": "WARN"}]},
        "tenants": [
         {"name": "t", "replicas": 1, "apiKeySecretRef": {"name": "t-keys"}, "tlsSecretName": "t-tls"},
         {"name": "u", "scaling": {"minReplicas": 1, "maxReplicas": 2}, "apiKeySecretRef": {"name": "u-keys"}}],
        "api": {"allowFrom": [
          {"namespaceSelector": {"matchLabels": {"a": "b"}, "matchExpressions": [{"key": "c", "operator": "In", "values": ["d"]}]},
           "podSelector": {"matchLabels": {"a": "b"}, "matchExpressions": [{"key": "c", "operator": "In", "values": ["d"]}]}}]},
        "resources": {"cpu": "8", "memory": "64Gi"},
        "scheduling": {"tolerations": [{"key": "gpu", "operator": "Equal", "value": "x", "effect": "NoExecute", "tolerationSeconds": 5}]}}}
      """;

  /** The value that a field gets; a few lines change what must change with it. */
  private static final Map<String, String> EDITS = new TreeMap<>();

  static {
    String peer = "spec.api.allowFrom[].";
    for (String selector : List.of("namespaceSelector", "podSelector")) {
      EDITS.put(peer + selector + ".matchLabels", "{\"x\": \"y\"}");
      EDITS.put(peer + selector + ".matchExpressions[].key", "\"z\"");
      EDITS.put(peer + selector + ".matchExpressions[].operator", "\"NotIn\"");
      EDITS.put(peer + selector + ".matchExpressions[].values", "[\"e\"]");
    }
    EDITS.put("spec.api.defaultOutputTokens", "100");
    EDITS.put("spec.api.denyPatterns.mode", "\"Off\"");
    EDITS.put("spec.api.endpoints", "[\"chat\"]");
    EDITS.put("spec.api.maxOutputTokens", "4000");
    EDITS.put("spec.api.maxPromptCharacters", "99");
    EDITS.put("spec.api.temperature.default", "0.2");
    EDITS.put("spec.api.temperature.max", "1.5");
    EDITS.put("spec.api.temperature.min", "0.1");
    EDITS.put("spec.drainSeconds", "61");
    EDITS.put("spec.engine.blockSize", "32");
    EDITS.put("spec.engine.dtype", "\"half\"");
    EDITS.put("spec.engine.enableLogRequests", "false");
    EDITS.put("spec.engine.enablePrefixCaching", "false");
    EDITS.put("spec.engine.env[].name", "\"NCCL_IB_DISABLE\"");
    EDITS.put("spec.engine.env[].value", "\"INFO\"");
    EDITS.put("spec.engine.extraArgs", "[\"--seed=1\"]");
    EDITS.put("spec.engine.gpuMemoryUtilization", "0.5");
    EDITS.put("spec.engine.image", "\"" + image("0.32.0") + "\"");
    EDITS.put("spec.engine.loadFormat", "\"safetensors\"");
    EDITS.put("spec.engine.maxModelLen", "2048");
    EDITS.put("spec.engine.maxNumBatchedTokens", "8192");
    EDITS.put("spec.engine.maxNumSeqs", "65");
    EDITS.put("spec.engine.quantization", "\"awq\"");
    EDITS.put("spec.engine.reasoningParser", "\"qwen3\"");
    EDITS.put("spec.engine.swapSpace", "0");
    EDITS.put("spec.engine.tensorParallelSize", "2");
    EDITS.put("spec.engine.toolCallParser", "\"hermes\"");
    EDITS.put("spec.engine.trustRemoteCode", "false");
    EDITS.put("spec.model.ref", "\"claimed\"");
    EDITS.put("spec.model.servedNames", "[\"a\", \"b\"]");
    EDITS.put("spec.model.storage.accessMode", "\"ReadWriteOnce\"");
    EDITS.put("spec.model.storage.size", "\"200Gi\"");
    EDITS.put("spec.model.storage.storageClassName", "\"slow\"");
    EDITS.put("spec.model.tokenSecretRef.key", "\"other\"");
    EDITS.put("spec.model.tokenSecretRef.name", "\"other\"");
    EDITS.put("spec.resources.cpu", "\"9\"");
    EDITS.put("spec.resources.gpuResource", "\"amd.com/gpu\"");
    EDITS.put("spec.resources.gpus", "2");
    EDITS.put("spec.resources.memory", "\"65Gi\"");
    EDITS.put("spec.resources.scratch", "\"7Gi\"");
    EDITS.put("spec.resources.sharedMemory", "\"7Gi\"");
    EDITS.put("spec.rollout.strategy", "\"Surge\"");
    EDITS.put("spec.scheduling.nodeSelector", "{\"example.com/x\": \"y\"}");
    EDITS.put("spec.scheduling.priorityClassName", "\"serving\"");
    EDITS.put("spec.scheduling.queueName", "\"q\"");
    EDITS.put("spec.scheduling.runtimeClassName", "\"nvidia\"");
    EDITS.put("spec.scheduling.tolerations[].effect", "\"NoSchedule\"");
    EDITS.put("spec.scheduling.tolerations[].key", "\"gpu2\"");
    EDITS.put("spec.scheduling.tolerations[].operator", "\"Exists\"");
    EDITS.put("spec.scheduling.tolerations[].tolerationSeconds", "6");
    EDITS.put("spec.scheduling.tolerations[].value", "\"y\"");
    EDITS.put("spec.startupTimeoutSeconds", "999");
    EDITS.put("spec.suspended", "true");
    EDITS.put("spec.tenants[].apiKeySecretRef.name", "\"other-keys\"");
    EDITS.put("spec.tenants[].maxConcurrentRequests", "9");
    EDITS.put("spec.tenants[].name", "\"renamed\"");
    EDITS.put("spec.tenants[].replicas", "3");
    EDITS.put("spec.tenants[].requestsPerMinute", "59");
    EDITS.put("spec.tenants[].scaling.maxReplicas", "4");
    EDITS.put("spec.tenants[].scaling.minReplicas", "2");
    EDITS.put("spec.tenants[].tlsSecretName", "\"other-tls\"");
    EDITS.put("spec.tenants[].tokensPerMinute", "999");
  }

  /** Cannot change once the claim is made, whatever a template would say. */
  private static final List<String> IMMUTABLE =
      List.of("spec.model.storage.accessMode", "spec.model.storage.storageClassName");

  static List<Edit> edits() {
    return EDITS.entrySet().stream().map(e -> new Edit(e.getKey(), e.getValue())).toList();
  }

  @ParameterizedTest
  @MethodSource("edits")
  void restartsExactlyWhenListed(Edit edit) {
    ObjectNode before = (ObjectNode) Examples.read(WORKLOAD);
    if (edit.field().equals("spec.engine.quantization")) {
      onQuantizedModel(before);
    }
    ObjectNode after = before.deepCopy();
    set(after, edit.field(), Examples.read(edit.json()));
    companions(edit.field(), after);

    Workload was = accept(before, Optional.empty());
    Surroundings.Before made = new Surroundings.Before(was.storage(), was.model());
    if (IMMUTABLE.contains(edit.field())) {
      assertThat(Check.workload(after, with(made))).isInstanceOf(Verdict.Rejected.class);
      return;
    }
    Map<String, JsonNode> old = templates(was);
    Map<String, JsonNode> now = templates(accept(after, Optional.of(made)));
    now.keySet().retainAll(old.keySet());
    boolean restarts =
        now.entrySet().stream().anyMatch(e -> !e.getValue().equals(old.get(e.getKey())));
    assertThat(restarts).isEqualTo(listed(edit.field()));
    if (edit.field().startsWith("spec.tenants[]")) {
      String other = edit.field().contains("scaling") ? "t" : "u";
      assertThat(now.get(other)).as("another tenant's engines").isEqualTo(old.get(other));
    }
  }

  @Test
  void knowsEveryFieldOfTheSchema() throws IOException {
    Object crd = new Yaml(new SafeConstructor(new LoaderOptions())).load(Files.readString(CRD));
    TreeSet<String> leaves = new TreeSet<>();
    leaves(
        Examples.tree(crd).at("/spec/versions/0/schema/openAPIV3Schema/properties/spec"),
        "spec",
        leaves);
    assertThat(EDITS.keySet()).isEqualTo(leaves);
    assertThat(RestartFields.all())
        .allMatch(f -> leaves.stream().anyMatch(l -> l.equals(f) || l.startsWith(f + "[]")));
  }

  private static void leaves(JsonNode schema, String path, Set<String> into) {
    JsonNode inside = schema.path("properties");
    JsonNode items = schema.path("items");
    if (!inside.isMissingNode()) {
      inside.properties().forEach(e -> leaves(e.getValue(), path + "." + e.getKey(), into));
    } else if (items.has("properties")) {
      leaves(items, path + "[]", into);
    } else {
      into.add(path);
    }
  }

  private static boolean listed(String field) {
    return RestartFields.all().stream()
        .anyMatch(f -> field.equals(f) || field.startsWith(f + "[]"));
  }

  /** What must change with a field for the whole to stay acceptable. */
  private static void companions(String field, ObjectNode workload) {
    switch (field) {
      case "spec.engine.tensorParallelSize" ->
          workload.withObject("/spec/resources").put("gpus", 2);
      case "spec.scheduling.tolerations[].operator" ->
          ((ObjectNode) workload.at("/spec/scheduling/tolerations/0")).remove("value");
      case "spec.scheduling.tolerations[].effect" ->
          ((ObjectNode) workload.at("/spec/scheduling/tolerations/0")).remove("tolerationSeconds");
      case "spec.engine.env[].name" ->
          ((ObjectNode) workload.at("/spec/engine/env/0")).put("value", "1");
      default -> {}
    }
  }

  private static void onQuantizedModel(ObjectNode workload) {
    ((ObjectNode) workload.at("/spec/model")).put("ref", "quantized").remove("storage");
    ((ObjectNode) workload.at("/spec/model")).remove("tokenSecretRef");
  }

  /** Items: the first, but scaling's tenant is the second. */
  private static void set(ObjectNode workload, String field, JsonNode value) {
    String item = field.contains(".scaling.") ? "/1" : "/0";
    JsonPointer pointer = JsonPointer.compile("/" + field.replace("[]", item).replace('.', '/'));
    JsonNode parent = workload.withObject(pointer.head());
    ((ObjectNode) parent).set(pointer.last().getMatchingProperty(), value);
  }

  private static Workload accept(ObjectNode workload, Optional<Surroundings.Before> before) {
    Verdict verdict = Check.workload(workload, before.map(RestartFieldsTest::with).orElse(PLAIN));
    assertThat(verdict).as("%s", verdict).isInstanceOf(Verdict.Accepted.class);
    return ((Verdict.Accepted) verdict).workload();
  }

  private static final Surroundings PLAIN = Examples.surroundings(policy(), Specs.models());

  private static Surroundings with(Surroundings.Before before) {
    return new Surroundings(
        PLAIN.policy(),
        PLAIN.catalogue(),
        PLAIN.namespace(),
        PLAIN.neighbours(),
        Optional.of(before),
        PLAIN.knowledge(),
        PLAIN.now());
  }

  private static JsonNode policy() {
    ObjectNode policy = (ObjectNode) Specs.policy();
    policy.withObject("/spec/limits").put("denyPatternsMode", "Off");
    ((ArrayNode) policy.at("/spec/scheduling/tolerationKeys")).add("gpu2");
    ((ArrayNode) policy.at("/spec/engine/allowedEnvironment")).add("NCCL_IB_DISABLE");
    ArrayNode images = (ArrayNode) policy.at("/spec/engine/images");
    images.insert(0, images.get(images.size() - 1));
    images.remove(images.size() - 1);
    return policy;
  }

  private static String image(String version) {
    return "docker.io/vllm/vllm-openai@sha256:" + ModelFolder.sha256(version);
  }

  private static Map<String, JsonNode> templates(Workload w) {
    return Render.render(w, Examples.CLUSTER).tenants().stream()
        .collect(
            Collectors.toMap(
                Rendered.Tenant::tenant,
                t -> Examples.tree(t.deployment().getSpec().getTemplate()),
                (a, b) -> a,
                TreeMap::new));
  }
}
