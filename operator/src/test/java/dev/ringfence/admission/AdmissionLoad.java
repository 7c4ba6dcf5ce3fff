package dev.ringfence.admission;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ringfence.admission.Authorities.Times;
import dev.ringfence.admission.Samples.Cluster;
import dev.ringfence.rules.Surroundings.Catalogue;
import dev.ringfence.rules.Surroundings.NamespaceFacts;
import dev.ringfence.vllm.Knowledge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.core.instrument.distribution.DistributionStatisticConfig;
import io.micrometer.core.instrument.distribution.ValueAtPercentile;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * Measures the webhook: 10,000 creations over TLS, 100 on each connection, beside 500
 * TrustedModels. No part of the build, since a loaded machine measures itself; run it with {@code
 * mvn -pl operator -am test -Dtest=AdmissionLoad -Dsurefire.failIfNoSpecifiedTests=false}.
 */
final class AdmissionLoad {
  private static final int CONNECTIONS = 100;
  private static final int CALLS = 100;
  private static final int MODELS = 500;

  /** The catalogue is read once for each change of it, as the watches do. */
  private record Big(Cluster cluster, Catalogue catalogue) implements Facts {
    @Override
    public Optional<JsonNode> policy() {
      return cluster.policy();
    }

    @Override
    public Knowledge knowledge(Optional<String> tables) {
      return cluster.knowledge(tables);
    }

    @Override
    public Catalogue catalogue(Knowledge knowledge) {
      return catalogue;
    }

    @Override
    public NamespaceFacts namespace(String name) {
      return cluster.namespace(name);
    }

    @Override
    public List<JsonNode> workloads(String namespace) {
      return cluster.workloads(namespace);
    }

    @Override
    public List<JsonNode> workloads() {
      return cluster.workloads();
    }
  }

  private static Facts facts() {
    List<ObjectNode> models = new ArrayList<>();
    models.add(Samples.model());
    for (int i = 1; i < MODELS; i++) {
      ObjectNode model = Samples.with(Samples.model(), "metadata/name", "\"model-" + i + "\"");
      models.add(Samples.with(model, "spec/source/huggingFace/revision", "\"%040x\"".formatted(i)));
    }
    Cluster cluster = new Cluster(List.of(Samples.policy()), models, List.of());
    return new Big(cluster, cluster.catalogue(Samples.KNOWLEDGE));
  }

  @Test
  void tenThousandCreations() throws Exception {
    Authority authority = Authority.create(Instant.now(), Times.USUAL.authority());
    Identity identity = authority.issue(List.of("127.0.0.1"), Instant.now(), Times.USUAL.leaf());
    Certificates certificates =
        new Certificates() {
          @Override
          public Identity identity() {
            return identity;
          }

          @Override
          public void close() {}
        };
    SimpleMeterRegistry meters = new SimpleMeterRegistry();
    meters
        .config()
        .meterFilter(
            new MeterFilter() {
              @Override
              public DistributionStatisticConfig configure(
                  Meter.Id id, DistributionStatisticConfig config) {
                return DistributionStatisticConfig.builder()
                    .percentiles(0.5, 0.9, 0.99)
                    .expiry(Duration.ofHours(1))
                    .build()
                    .merge(config);
              }
            });
    byte[] body =
        Samples.review(
                "vllmdeployments", "CREATE", Optional.of(Samples.workload()), Optional.empty())
            .toString()
            .getBytes(StandardCharsets.UTF_8);
    try (WebhookServer server =
        WebhookServer.start(
            "127.0.0.1", 0, certificates, new Reviewer(facts(), () -> Samples.NOW), meters)) {
      URI where = URI.create("https://127.0.0.1:" + server.port() + WebhookServer.PATH);
      long[] client = new long[CONNECTIONS * CALLS];
      long[] heap = new long[2];
      for (int c = 0; c < CONNECTIONS; c++) {
        if (c == CONNECTIONS / 10 || c == CONNECTIONS - 1) {
          heap[c == CONNECTIONS - 1 ? 1 : 0] = used();
        }
        try (HttpClient one =
            HttpClient.newBuilder()
                .sslContext(WebhookServerTest.trusting(authority))
                .version(HttpClient.Version.HTTP_1_1)
                .build()) {
          for (int i = 0; i < CALLS; i++) {
            long began = System.nanoTime();
            HttpResponse<String> answer =
                one.send(
                    HttpRequest.newBuilder(where)
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofByteArray(body))
                        .build(),
                    HttpResponse.BodyHandlers.ofString());
            client[c * CALLS + i] = System.nanoTime() - began;
            assertThat(answer.body()).contains("\"allowed\":true");
          }
        }
      }
      Arrays.sort(client);
      Timer timer = meters.get("ringfence_admission_seconds").timer();
      System.out.printf(
          "calls %d, connections %d, models %d%n", client.length, CONNECTIONS, MODELS);
      System.out.printf("%-8s %12s %12s%n", "", "server ms", "client ms");
      for (ValueAtPercentile v : timer.takeSnapshot().percentileValues()) {
        System.out.printf(
            "p%-7.0f %12.3f %12.3f%n",
            v.percentile() * 100,
            v.value(TimeUnit.MICROSECONDS) / 1000,
            client[(int) (v.percentile() * client.length)] / 1e6);
      }
      System.out.printf(
          "heap after 1,000 calls %d KiB, at the end %d KiB%n", heap[0] / 1024, heap[1] / 1024);
    }
  }

  private static long used() {
    System.gc();
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }
}
