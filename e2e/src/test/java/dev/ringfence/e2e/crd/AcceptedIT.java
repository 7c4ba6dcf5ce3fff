package dev.ringfence.e2e.crd;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.ringfence.e2e.cluster.TestNamespace;
import dev.ringfence.e2e.cluster.WithControlPlane;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the API server lets through, and keeps as it was written. */
@WithControlPlane
final class AcceptedIT {
  private static @Nullable ApiServer server;

  @BeforeAll
  static void install(KubernetesClient client, TestNamespace namespace) {
    server = ApiServer.withDefinitions(client, namespace.name());
  }

  /** A row of accepted.yaml. */
  record Row(
      String kind, String why, @Nullable Map<String, JsonNode> set, @Nullable List<String> nulls) {

    ObjectNode object() {
      ObjectNode object = Example.of(kind);
      if (set != null) {
        set.forEach((path, value) -> Example.set(object, path, value));
      }
      return object;
    }

    @Override
    public String toString() {
      return kind + ": " + why;
    }
  }

  static List<Row> rows() {
    return Example.documents("accepted.yaml").stream()
        .map(row -> Example.YAML.convertValue(row, Row.class))
        .toList();
  }

  @ParameterizedTest
  @MethodSource("rows")
  void theServerKeepsWhatWasWritten(Row row) {
    ObjectNode sent = row.object();
    ObjectNode kept = row.object();
    for (String path : row.nulls() == null ? List.<String>of() : row.nulls()) {
      Example.set(kept, path, NullNode.getInstance());
      Example.write(sent, path, NullNode.getInstance());
    }

    JsonNode stored = requireNonNull(server).tryCreate(sent);

    assertThat(Example.sorted(stored.get("spec"))).isEqualTo(Example.sorted(kept.get("spec")));
  }

  /** The cost of CEL counts when a rule runs, too; a list at its bound must not exhaust it. */
  @Test
  void theServerJudgesTheLargestObjects() {
    ObjectNode workload = Example.of("VLLMDeployment");
    fill(workload, "spec.tenants", 64, AcceptedIT::tenant);
    fill(workload, "spec.model.servedNames", 16, i -> text("n", i, 128));
    fill(workload, "spec.engine.extraArgs", 64, i -> text("--a=", i, 1024));
    fill(workload, "spec.api.allowFrom", 16, i -> peer());
    ObjectNode model = Example.of("TrustedModel");
    JsonNode config = model.at("/spec/files/0");
    fill(model, "spec.files", 512, i -> i == 0 ? config : file(i));
    ObjectNode policy = Example.of("VLLMPolicy");
    JsonNode image = policy.at("/spec/engine/images/0");
    fill(policy, "spec.engine.images", 64, i -> image(image, i));
    fill(policy, "spec.network.clients", 16, i -> peer());

    for (ObjectNode object : List.of(workload, model, policy)) {
      assertThat(requireNonNull(server).tryCreate(object).has("spec")).isTrue();
    }
  }

  private static void fill(ObjectNode object, String path, int items, IntFunction<JsonNode> item) {
    ArrayNode list = Example.YAML.createArrayNode();
    for (int i = 0; i < items; i++) {
      list.add(item.apply(i));
    }
    Example.set(object, path, list);
  }

  private static TextNode text(String start, int number, int length) {
    return TextNode.valueOf((start + number + "x".repeat(length)).substring(0, length));
  }

  private static JsonNode tenant(int i) {
    ObjectNode tenant = Example.YAML.createObjectNode();
    tenant.put("name", "t" + i);
    tenant.putObject("apiKeySecretRef").set("name", text("keys", i, 253));
    tenant.set("tlsSecretName", text("tls", i, 253));
    return tenant;
  }

  private static JsonNode file(int i) {
    ObjectNode file = Example.YAML.createObjectNode();
    file.put("path", text("d/".repeat(20), i, 243).asText() + ".safetensors");
    return file.put("size", 1).put("sha256", "a".repeat(64));
  }

  private static JsonNode image(JsonNode image, int i) {
    ObjectNode copy = image.deepCopy();
    String name = "registry.example/" + "x/".repeat(90) + "y" + i;
    return copy.put("image", name + "@sha256:" + "a".repeat(64));
  }

  /** Narrow by its last expression alone. */
  private static JsonNode peer() {
    ObjectNode peer = Example.YAML.createObjectNode();
    ArrayNode expressions = peer.putObject("namespaceSelector").putArray("matchExpressions");
    for (int i = 0; i < 16; i++) {
      ArrayNode values =
          expressions
              .addObject()
              .put("key", "key" + i)
              .put("operator", i == 15 ? "In" : "NotIn")
              .putArray("values");
      for (int j = 0; j < 64; j++) {
        values.add(text("v", j, 63));
      }
    }
    return peer;
  }
}
