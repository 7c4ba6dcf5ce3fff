package dev.ringfence.e2e.crd;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.ringfence.e2e.cluster.TestNamespace;
import dev.ringfence.e2e.cluster.WithControlPlane;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the API server refuses by schema and CEL alone, in the words of the rule engine. */
@WithControlPlane
final class RefusedIT {

  private static @Nullable ApiServer server;

  @BeforeAll
  static void install(KubernetesClient client, TestNamespace namespace) {
    server = ApiServer.withDefinitions(client, namespace.name());
  }

  static List<Refusal> rows() {
    return Refusal.all();
  }

  @ParameterizedTest
  @MethodSource("rows")
  void theServerSaysExactlyThis(Refusal row) {
    KubernetesClientException refusal =
        catchThrowableOfType(
            KubernetesClientException.class, () -> requireNonNull(server).tryCreate(row.object()));

    assertThat(refusal).as("refused").isNotNull();
    assertThat(ApiServer.lines(refusal))
        .containsExactlyInAnyOrderElementsOf(
            Stream.concat(row.ruleLines().stream(), row.ownLines().stream()).toList());
  }
}
