package dev.ringfence.reconcile;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ringfence.rules.Quantity;
import dev.ringfence.rules.Workload.AccessMode;
import dev.ringfence.rules.Workload.Storage;
import dev.ringfence.vllm.Knowledge;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * All that an acceptance rested on, as it was written, so that it can be judged again: what is kept
 * is never the outcome. Read back, it is believed as far as the rules accept it, and no further.
 *
 * @param workload the whole object without labels and annotations
 * @param generation of the workload
 * @param policy the whole object; empty when there was none
 * @param policyGeneration of the policy, 0 without one
 * @param model the TrustedModel that the workload names; empty when there was none
 * @param namespaceLabels of the workload's namespace
 * @param argumentTables those entries of the policy's ConfigMap that the engine's version needs
 * @param storage the claim of a fetched model as it was to be made; its size may come from what was
 *     there before
 * @param guardImage rendered into the pods
 * @param acceptedAt when; the rules judge as of then, since waivers end
 */
record Inputs(
    ObjectNode workload,
    long generation,
    Optional<ObjectNode> policy,
    long policyGeneration,
    Optional<ObjectNode> model,
    Map<String, String> namespaceLabels,
    Map<String, String> argumentTables,
    Optional<Storage> storage,
    String guardImage,
    Instant acceptedAt) {

  private static final int VERSION = 1;

  ObjectNode json() {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("version", VERSION);
    json.put("acceptedAt", acceptedAt.toString());
    json.put("generation", generation);
    json.set("workload", workload);
    policy.ifPresent(
        p -> {
          json.set("policy", p);
          json.put("policyGeneration", policyGeneration);
        });
    model.ifPresent(m -> json.set("model", m));
    texts(json, "namespaceLabels", namespaceLabels);
    texts(json, "argumentTables", argumentTables);
    storage.ifPresent(
        s -> {
          ObjectNode node = json.putObject("storage");
          node.put("bytes", s.size().bytes());
          s.storageClassName().ifPresent(name -> node.put("storageClassName", name));
          node.put("accessMode", s.accessMode().name());
        });
    json.put("guardImage", guardImage);
    return json;
  }

  /** Empty when the JSON does not have our shape, or another version's. */
  static Optional<Inputs> read(JsonNode json) {
    try {
      if (json.path("version").asInt() != VERSION
          || !(json.path("workload") instanceof ObjectNode workload)
          || !json.path("guardImage").isTextual()
          || !json.path("generation").canConvertToLong()) {
        return Optional.empty();
      }
      return Optional.of(
          new Inputs(
              workload,
              json.path("generation").asLong(),
              object(json.path("policy")),
              json.path("policyGeneration").asLong(),
              object(json.path("model")),
              texts(json.path("namespaceLabels")),
              texts(json.path("argumentTables")),
              storage(json.path("storage")),
              json.path("guardImage").asText(),
              Instant.parse(json.path("acceptedAt").asText())));
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }

  /** What is known of vLLM, with the tables that the policy had. */
  Knowledge knowledge() {
    return argumentTables.isEmpty()
        ? Knowledge.bundled()
        : Knowledge.bundled().with(argumentTables).knowledge();
  }

  private static Optional<Storage> storage(JsonNode node) {
    return Arrays.stream(AccessMode.values())
        .filter(mode -> mode.name().equals(node.path("accessMode").asText()))
        .findFirst()
        .map(
            mode ->
                new Storage(
                    Quantity.ofBytes(node.path("bytes").asLong()),
                    Optional.ofNullable(node.path("storageClassName").textValue()),
                    mode));
  }

  private static Optional<ObjectNode> object(JsonNode node) {
    return node instanceof ObjectNode object ? Optional.of(object) : Optional.empty();
  }

  private static void texts(ObjectNode json, String name, Map<String, String> texts) {
    if (!texts.isEmpty()) {
      ObjectNode node = json.putObject(name);
      new TreeMap<>(texts).forEach(node::put);
    }
  }

  private static Map<String, String> texts(JsonNode node) {
    Map<String, String> texts = new TreeMap<>();
    node.properties().forEach(field -> texts.put(field.getKey(), field.getValue().asText()));
    return texts;
  }
}
