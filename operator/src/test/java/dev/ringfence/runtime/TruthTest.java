package dev.ringfence.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.javaoperatorsdk.operator.Operator;
import io.javaoperatorsdk.operator.RuntimeInfo;
import io.javaoperatorsdk.operator.health.EventSourceHealthIndicator;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** With a stand-in of an API server that says its version and nothing else. */
final class TruthTest {
  private final HttpServer server =
      HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
  private final KubernetesClient client;

  TruthTest() throws IOException {
    server.createContext(
        "/version",
        exchange -> {
          byte[] body = "{\"major\":\"1\",\"minor\":\"36\"}".getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(200, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    server.start();
    client =
        new KubernetesClientBuilder()
            .withConfig(
                new ConfigBuilder(Config.empty())
                    .withMasterUrl("http://127.0.0.1:" + server.getAddress().getPort())
                    .build())
            .build();
  }

  @AfterEach
  void stop() {
    client.close();
    server.stop(0);
  }

  private Truth truth() {
    RuntimeInfo inOrder =
        new RuntimeInfo(new Operator(o -> o.withKubernetesClient(client))) {
          @Override
          public boolean isStarted() {
            return true;
          }

          @Override
          public Map<String, Map<String, EventSourceHealthIndicator>> unhealthyEventSources() {
            return Map.of();
          }
        };
    return new Truth(client, inOrder, Optional.empty());
  }

  @Test
  void whoServesNoWebhookIsReadyWithoutOne() {
    Truth.Report report = truth().report(Instant.now());
    assertThat(report.ready()).isTrue();
    assertThat(report.lines()).noneMatch(line -> line.startsWith("webhook"));
  }

  @Test
  void whoServesTheWebhookIsReadyWhileItSeesWhatItJudgesBy() {
    Truth truth = truth();
    AtomicBoolean sees = new AtomicBoolean(true);
    truth.serves(sees::get);
    assertThat(truth.report(Instant.now()).ready()).isTrue();
    sees.set(false);
    Truth.Report report = truth.report(Instant.now());
    assertThat(report.ready()).as("the API server asks another replica").isFalse();
    assertThat(report.live()).as("a restart would not help").isTrue();
    assertThat(report.lines()).contains("webhook: does not see all that it judges by");
  }
}
