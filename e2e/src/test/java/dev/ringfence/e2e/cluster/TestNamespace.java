package dev.ringfence.e2e.cluster;

import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A namespace that one test has for itself; it enforces the {@code restricted} Pod Security level,
 * as Ringfence asks (VLLM-707). Deleted after the test, without waiting.
 */
public final class TestNamespace implements AutoCloseable {
  private static final AtomicInteger NUMBERS = new AtomicInteger();

  private final KubernetesClient client;
  private final String name;
  private final List<String> all = new ArrayList<>();

  private TestNamespace(KubernetesClient client, Map<String, String> labels) {
    this.client = client;
    this.name = another(labels);
  }

  static TestNamespace restricted(KubernetesClient client) {
    return new TestNamespace(client, Map.of("pod-security.kubernetes.io/enforce", "restricted"));
  }

  public String name() {
    return name;
  }

  /** Makes one more namespace, with these labels only; it is deleted with this one. */
  public String another(Map<String, String> labels) {
    var another = "test-" + NUMBERS.incrementAndGet();
    client
        .resource(
            new NamespaceBuilder()
                .withNewMetadata()
                .withName(another)
                .withLabels(labels)
                .endMetadata()
                .build())
        .create();
    all.add(another);
    // A pod that comes before its service account is refused.
    await()
        .pollInterval(Duration.ofMillis(20))
        .atMost(Duration.ofSeconds(30))
        .until(
            () -> client.serviceAccounts().inNamespace(another).withName("default").get() != null);
    return another;
  }

  @Override
  public void close() {
    all.forEach(n -> client.namespaces().withName(n).delete());
  }

  @Override
  public String toString() {
    return name;
  }
}
