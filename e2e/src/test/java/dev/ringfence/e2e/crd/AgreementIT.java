package dev.ringfence.e2e.crd;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ringfence.api.v1alpha1.Crd;
import dev.ringfence.e2e.cluster.TestNamespace;
import dev.ringfence.e2e.cluster.WithControlPlane;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What the rule engine accepts, the API server accepts: nobody is told by {@code validate} that all
 * is well and then refused. Every field of the examples gets every one of some odd values in turn.
 */
@WithControlPlane
final class AgreementIT {
  private static final List<String> VALUES =
      List.of(
          "null",
          "true",
          "false",
          "\"\"",
          "\"a\"",
          "\"A b\"",
          "\"none\"",
          "\"1Gi\"",
          "\"" + "a".repeat(300) + "\"",
          "0",
          "1",
          "-1",
          "2.5",
          "40000",
          "5000000000",
          "1e300",
          "[]",
          "[null]",
          "[\"a\",\"a\"]",
          "{}",
          "{\"a\":null}");

  private static @Nullable ApiServer server;

  @BeforeAll
  static void install(KubernetesClient client, TestNamespace namespace) {
    server = ApiServer.withDefinitions(client, namespace.name());
  }

  @ParameterizedTest
  @EnumSource
  void whatTheEngineAcceptsTheServerAccepts(Crd crd) throws Exception {
    List<String> fields = new ArrayList<>();
    fields(Example.of(crd.kind()).get("spec"), "spec", fields);
    List<String> disagreements = new ArrayList<>();
    int accepted = 0;
    for (String field : fields) {
      for (String value : VALUES) {
        ObjectNode object = Example.of(crd.kind());
        Example.write(object, field, Example.YAML.readTree(value));
        if (RefusedTest.judge(object).isEmpty()) {
          accepted++;
          try {
            requireNonNull(server).tryCreate(object);
          } catch (KubernetesClientException e) {
            disagreements.add(field + " = " + value + ": " + e.getStatus().getMessage());
          }
        }
      }
    }

    assertThat(accepted).isGreaterThan(fields.size() / 2);
    assertThat(disagreements).isEmpty();
  }

  private static void fields(JsonNode value, String path, List<String> fields) {
    if (value instanceof ArrayNode list) {
      for (int i = 0; i < list.size(); i++) {
        String item = path + "[" + i + "]";
        fields.add(item);
        fields(list.get(i), item, fields);
      }
    }
    value
        .properties()
        .forEach(
            p -> {
              // A label's name may hold a dot; its map is changed as a whole.
              if (!p.getKey().contains(".")) {
                String field = path + "." + p.getKey();
                fields.add(field);
                fields(p.getValue(), field, fields);
              }
            });
  }
}
