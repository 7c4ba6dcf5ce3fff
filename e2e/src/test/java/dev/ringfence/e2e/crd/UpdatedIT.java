package dev.ringfence.e2e.crd;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.ringfence.e2e.cluster.TestNamespace;
import dev.ringfence.e2e.cluster.WithControlPlane;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What may change and what may not. */
@WithControlPlane
final class UpdatedIT {
  private static final AtomicInteger NUMBERS = new AtomicInteger();
  private static @Nullable ApiServer server;

  @BeforeAll
  static void install(KubernetesClient client, TestNamespace namespace) {
    server = ApiServer.withDefinitions(client, namespace.name());
  }

  /** A row of updated.yaml. */
  record Row(
      String kind,
      String why,
      @Nullable Map<String, JsonNode> from,
      Map<String, JsonNode> to,
      @Nullable Map<String, JsonNode> refused) {

    List<String> lines() {
      return new Refusal(kind, why, to, refused, null, null).ruleLines();
    }

    @Override
    public String toString() {
      return kind + ": " + why;
    }
  }

  static List<Row> rows() {
    return Example.documents("updated.yaml").stream()
        .map(row -> Example.YAML.convertValue(row, Row.class))
        .toList();
  }

  @ParameterizedTest
  @MethodSource("rows")
  void theServerJudgesByWhatWasThere(Row row) {
    ApiServer api = requireNonNull(server);
    ObjectNode before = Example.of(row.kind());
    Example.set(before, "metadata.name", TextNode.valueOf("updated-" + NUMBERS.incrementAndGet()));
    if (row.from() != null) {
      row.from().forEach((path, value) -> Example.set(before, path, value));
    }
    ObjectNode after = (ObjectNode) api.create(before);
    try {
      row.to().forEach((path, value) -> Example.set(after, path, value));

      assertThat(refusal(api, after)).containsExactlyInAnyOrderElementsOf(row.lines());
    } finally {
      api.delete(before);
    }
  }

  private static List<String> refusal(ApiServer api, JsonNode object) {
    try {
      api.tryUpdate(object);
      return List.of();
    } catch (KubernetesClientException e) {
      return ApiServer.lines(e);
    }
  }
}
