package dev.ringfence.admission;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import dev.ringfence.admission.Samples.Cluster;
import dev.ringfence.rules.Surroundings.NamespaceFacts;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a refusal rests on, when the API server does not give what is asked for anew. */
final class LiveFactsTest {
  private static final Cluster SEEN = Cluster.usual();
  private static final String NAMESPACE = "team-support";
  private static final String MODEL = Samples.model().path("metadata").path("name").asText();

  /** How a stand-in for the API server fails. */
  private enum Fault {
    FORBIDDEN,
    BROKEN,
    NO_JSON,
    SILENT
  }

  @ParameterizedTest
  @EnumSource
  void whatCannotBeReadIsAsItWasSeen(Fault fault) throws IOException {
    CountDownLatch end = new CountDownLatch(1);
    try {
      asked(
          exchange -> {
            switch (fault) {
              case FORBIDDEN -> exchange.sendResponseHeaders(403, -1);
              case BROKEN -> exchange.sendResponseHeaders(500, -1);
              case NO_JSON -> {
                byte[] body = "<html>".getBytes(StandardCharsets.UTF_8);
                exchange.sendResponseHeaders(200, body.length);
                exchange.getResponseBody().write(body);
              }
              case SILENT -> await(end);
            }
            exchange.close();
          },
          anew -> {
            assertThat(anew.policy()).isEqualTo(SEEN.policy()).isPresent();
            assertThat(anew.catalogue(Samples.KNOWLEDGE).models())
                .isEqualTo(SEEN.catalogue(Samples.KNOWLEDGE).models())
                .containsKey(MODEL);
            assertThat(anew.namespace(NAMESPACE)).isEqualTo(SEEN.namespace(NAMESPACE));
          });
    } finally {
      end.countDown();
    }
  }

  @Test
  void whatIsGoneIsGone() throws IOException {
    asked(
        exchange -> {
          exchange.sendResponseHeaders(404, -1);
          exchange.close();
        },
        anew -> {
          assertThat(anew.policy()).isEmpty();
          assertThat(anew.catalogue(Samples.KNOWLEDGE).models()).doesNotContainKey(MODEL);
          assertThat(anew.namespace(NAMESPACE)).isEqualTo(new NamespaceFacts.Known(Map.of()));
          assertThat(anew.workloads()).isEqualTo(SEEN.workloads());
        });
  }

  private static void await(CountDownLatch end) {
    try {
      end.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** What is known once a server that answers so was asked. */
  private static void asked(HttpHandler answers, Consumer<Facts> anew) throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/", answers);
    server.start();
    try (KubernetesClient client =
            new KubernetesClientBuilder()
                .withConfig(
                    new ConfigBuilder()
                        .withMasterUrl("http://127.0.0.1:" + server.getAddress().getPort())
                        .withAutoConfigure(false)
                        .build())
                .build();
        LiveFacts live = new LiveFacts(client)) {
      anew.accept(live.over(SEEN, NAMESPACE, MODEL));
    } finally {
      server.stop(0);
    }
  }
}
