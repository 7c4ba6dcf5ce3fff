package dev.ringfence.admission;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ringfence.admission.Samples.Cluster;
import dev.ringfence.rules.Surroundings.Catalogue;
import dev.ringfence.rules.Surroundings.NamespaceFacts;
import dev.ringfence.vllm.Knowledge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.cumulative.CumulativeTimer;
import io.micrometer.core.instrument.distribution.DistributionStatisticConfig;
import io.micrometer.core.instrument.distribution.pause.PauseDetector;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
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

  /** A review that is answered without a judgement: what reading, TLS and HTTP cost alone. */
  private static ObjectNode floor() {
    ObjectNode review = creation();
    ((ObjectNode) review.path("request")).put("subResource", "status");
    return review;
  }

  private static ObjectNode creation() {
    return Samples.review(
        "vllmdeployments", "CREATE", Optional.of(Samples.workload()), Optional.empty());
  }

  /** What one kind of call took, sorted, in nanoseconds; the heap is what is left of it at last. */
  private record Times(List<Long> server, List<Long> client, long heapAfterTenth, long heapAtEnd) {
    double server(double percentile) {
      return at(server, percentile);
    }

    double client(double percentile) {
      return at(client, percentile);
    }

    private static double at(List<Long> sorted, double percentile) {
      return sorted.get((int) Math.min(sorted.size() - 1, percentile * sorted.size())) / 1e6;
    }
  }

  @Test
  void tenThousandCreations() throws Exception {
    Facts facts = facts();
    // As the operator does before it listens.
    long began = System.nanoTime();
    Rehearsal.run(() -> Samples.NOW);
    double rehearsed = (System.nanoTime() - began) / 1e6;
    Times creations = measure(facts, creation());
    Times floor = measure(facts, floor());
    System.out.printf(
        "%d calls, %d connections, %d models, %d cores, load average %.1f; rehearsal before it %.0f"
            + " ms%n",
        CONNECTIONS * CALLS,
        CONNECTIONS,
        MODELS,
        Runtime.getRuntime().availableProcessors(),
        ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage(),
        rehearsed);
    System.out.printf(
        "%-8s %12s %12s %8s %12s%n", "", "server ms", "floor ms", "ratio", "client ms");
    for (double p : new double[] {0.5, 0.9, 0.99, 0.999, 1}) {
      System.out.printf(
          "p%-7s %12.3f %12.3f %8.1f %12.3f%n",
          p == 1 ? "100" : String.valueOf(p * 100).replaceFirst("\\.0$", ""),
          creations.server(p),
          floor.server(p),
          creations.server(p) / floor.server(p),
          creations.client(p));
    }
    System.out.printf(
        "aim: p99 at most 5 ms of server time; heap after 1,000 calls %d KiB, at the end %d KiB%n",
        creations.heapAfterTenth() / 1024, creations.heapAtEnd() / 1024);
  }

  private static Times measure(Facts facts, ObjectNode review) throws Exception {
    Authority authority = Authority.create(Instant.now(), Authorities.Times.USUAL.authority());
    Identity identity =
        authority.issue(List.of("127.0.0.1"), Instant.now(), Authorities.Times.USUAL.leaf());
    Certificates certificates =
        new Certificates() {
          @Override
          public Identity identity() {
            return identity;
          }

          @Override
          public void close() {}
        };
    Recording meters = new Recording();
    byte[] body = review.toString().getBytes(StandardCharsets.UTF_8);
    List<Long> client = new ArrayList<>();
    long[] heap = new long[2];
    try (WebhookServer server =
        WebhookServer.start(
            "127.0.0.1", 0, certificates, new Reviewer(facts, () -> Samples.NOW), meters)) {
      URI where = URI.create("https://127.0.0.1:" + server.port() + WebhookServer.PATH);
      for (int c = 0; c < CONNECTIONS; c++) {
        if (c == CONNECTIONS / 10) {
          heap[0] = used();
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
            client.add(System.nanoTime() - began);
            assertThat(answer.body()).contains("\"allowed\":true");
          }
        }
      }
      heap[1] = used();
    }
    return new Times(meters.sorted(), client.stream().sorted().toList(), heap[0], heap[1]);
  }

  /** Keeps every time that the server records, not a histogram's idea of it. */
  private static final class Recording extends SimpleMeterRegistry {
    private final Queue<Long> all = new ConcurrentLinkedQueue<>();

    @Override
    protected Timer newTimer(
        Meter.Id id, DistributionStatisticConfig config, PauseDetector pauses) {
      return new CumulativeTimer(id, clock, config, pauses, getBaseTimeUnit()) {
        @Override
        protected void recordNonNegative(long amount, TimeUnit unit) {
          super.recordNonNegative(amount, unit);
          all.add(unit.toNanos(amount));
        }
      };
    }

    List<Long> sorted() {
      return all.stream().sorted().toList();
    }
  }

  private static long used() {
    System.gc();
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }
}
