package dev.ringfence.admission;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ringfence.admission.Authorities.Times;
import dev.ringfence.admission.Samples.Cluster;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The server over real TLS on this machine. */
final class WebhookServerTest {
  /** Two authorities, both trusted, and whichever certificate the test wants shown. */
  private static final class Rotating implements Certificates {
    private final Authority one = Authority.create(Instant.now(), Times.USUAL.authority());
    private final Authority two = Authority.create(Instant.now(), Times.USUAL.authority());
    private volatile Identity shown = of(one);

    static Identity of(Authority authority) {
      return authority.issue(List.of("localhost", "127.0.0.1"), Instant.now(), Times.USUAL.leaf());
    }

    void rotate() {
      shown =
          of(
              shown
                      .leaf()
                      .getIssuerX500Principal()
                      .equals(one.certificate().getSubjectX500Principal())
                  ? two
                  : one);
    }

    @Override
    public Identity identity() {
      return shown;
    }

    @Override
    public void close() {}
  }

  private final Rotating certificates = new Rotating();
  private final MeterRegistry meters = new SimpleMeterRegistry();
  private final SSLContext trust = trusting(certificates.one, certificates.two);
  private final WebhookServer server;

  WebhookServerTest() throws IOException, GeneralSecurityException {
    server =
        WebhookServer.start(
            "127.0.0.1", 0, certificates, new Reviewer(Cluster.usual(), () -> Samples.NOW), meters);
  }

  static SSLContext trusting(Authority... authorities) throws GeneralSecurityException {
    try {
      KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
      store.load(null, null);
      for (int i = 0; i < authorities.length; i++) {
        store.setCertificateEntry("authority-" + i, authorities[i].certificate());
      }
      TrustManagerFactory factory =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      factory.init(store);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, factory.getTrustManagers(), null);
      return context;
    } catch (IOException e) {
      throw new IllegalStateException("an empty store can be made", e);
    }
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private HttpResponse<String> send(String method, String path, String type, String body)
      throws IOException, InterruptedException {
    try (HttpClient client =
        HttpClient.newBuilder().sslContext(trust).version(HttpClient.Version.HTTP_1_1).build()) {
      return client.send(
          HttpRequest.newBuilder(URI.create("https://127.0.0.1:" + server.port() + path))
              .header("Content-Type", type)
              .method(method, HttpRequest.BodyPublishers.ofString(body))
              .build(),
          HttpResponse.BodyHandlers.ofString());
    }
  }

  private static String review() {
    return Samples.review(
            "vllmdeployments", "CREATE", Optional.of(Samples.workload()), Optional.empty())
        .toString();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"/validate", "/validate/when-this-fails-look-at-the-pods-in-ringfence-system"})
  void answersAReview(String path) throws Exception {
    HttpResponse<String> answer = send("POST", path, "application/json", review());
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body()).contains("\"allowed\":true");
    assertThat(
            meters
                .get("ringfence_admission_seconds")
                .tag("kind", "vllmdeployments")
                .tag("result", "allowed")
                .timer()
                .count())
        .isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource({
    "GET, /validate, application/json, 405",
    "POST, /, application/json, 404",
    "POST, /validate/x, application/json, 404",
    "POST, /validate, text/plain, 415",
    "POST, /validate, application/json, 400"
  })
  void refusesOtherRequests(String method, String path, String type, int status) throws Exception {
    HttpResponse<String> answer = send(method, path, type, "{}");
    assertThat(answer.statusCode()).isEqualTo(status);
    assertThat(Samples.JSON.readTree(answer.body()).path("message").asText()).isNotEmpty();
  }

  @Test
  void refusesABodyBeyondItsBound() throws Exception {
    HttpResponse<String> answer =
        send("POST", "/validate", "application/json", " ".repeat(WebhookServer.LARGEST_BODY + 1));
    assertThat(answer.statusCode()).isEqualTo(413);
  }

  @Test
  void noCallFailsWhileCertificatesRotate() throws Exception {
    String review = review();
    try (ExecutorService callers = Executors.newFixedThreadPool(4)) {
      List<Future<Integer>> calls =
          IntStream.range(0, 60)
              .<Future<Integer>>mapToObj(
                  i ->
                      callers.submit(
                          (Callable<Integer>)
                              () -> {
                                if (i % 3 == 0) {
                                  certificates.rotate();
                                }
                                return send("POST", "/validate", "application/json", review)
                                    .statusCode();
                              }))
              .toList();
      for (Future<Integer> call : calls) {
        assertThat(call.get()).isEqualTo(200);
      }
    }
  }
}
