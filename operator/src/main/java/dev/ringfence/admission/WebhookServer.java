package dev.ringfence.admission;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves a {@link Reviewer} over TLS at {@value #PATH}. A connection that begins after a rotation
 * gets the new certificate, one that was there goes on: no call fails.
 */
public final class WebhookServer implements AutoCloseable {
  public static final String PATH = "/validate";

  /**
   * The API server puts the address that it cannot call into its message, so the rest of a path
   * that begins like this can say what to do.
   */
  static final String ADVICE = PATH + "/when-this-fails-";

  private static final Logger LOG = LoggerFactory.getLogger(WebhookServer.class);

  /** The API server takes 3 MiB of a client; a review of an update holds the object twice. */
  static final int LARGEST_BODY = 8 << 20;

  /** What is judged at once; the rest waits, and the API server gives up after 5 s. */
  private static final int AT_ONCE = 32;

  private static final String ALIAS = "webhook";

  private final HttpsServer server;
  private final ExecutorService threads;
  private final Semaphore turns = new Semaphore(AT_ONCE, true);
  private final Reviewer reviewer;
  private final MeterRegistry meters;

  private WebhookServer(
      HttpsServer server, ExecutorService threads, Reviewer reviewer, MeterRegistry meters) {
    this.server = server;
    this.threads = threads;
    this.reviewer = reviewer;
    this.meters = meters;
  }

  /**
   * Starts to serve.
   *
   * @param port 0 for a free one
   * @throws IOException when the address cannot be had
   */
  public static WebhookServer start(
      String host, int port, Certificates certificates, Reviewer reviewer, MeterRegistry meters)
      throws IOException {
    limits();
    HttpsServer server = HttpsServer.create(new InetSocketAddress(host, port), 128);
    SSLContext context = context(certificates);
    server.setHttpsConfigurator(
        new HttpsConfigurator(context) {
          @Override
          public void configure(HttpsParameters parameters) {
            SSLParameters tls = getSSLContext().getDefaultSSLParameters();
            tls.setProtocols(new String[] {"TLSv1.3", "TLSv1.2"});
            parameters.setSSLParameters(tls);
          }
        });
    ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    server.setExecutor(threads);
    WebhookServer webhook = new WebhookServer(server, threads, reviewer, meters);
    server.createContext("/", webhook::handle);
    server.start();
    return webhook;
  }

  /** The JDK's server reads these once, when its classes are loaded; seconds. */
  private static void limits() {
    setIfUnset("sun.net.httpserver.maxReqTime", "10");
    setIfUnset("sun.net.httpserver.maxRspTime", "10");
    setIfUnset("sun.net.httpserver.maxReqHeaders", "100");
    setIfUnset("jdk.httpserver.maxConnections", "1000");
    // Without it an answer in two packets waits 40 ms for an acknowledgement.
    setIfUnset("sun.net.httpserver.nodelay", "true");
  }

  private static void setIfUnset(String property, String value) {
    if (System.getProperty(property) == null) {
      System.setProperty(property, value);
    }
  }

  private static SSLContext context(Certificates certificates) {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(new KeyManager[] {new Live(certificates)}, null, null);
      // A resumed session would go on showing the certificate of before a rotation.
      context.getServerSessionContext().setSessionTimeout((int) Duration.ofHours(1).toSeconds());
      return context;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java runtime has TLS", e);
    }
  }

  public int port() {
    return server.getAddress().getPort();
  }

  private void handle(HttpExchange exchange) {
    long began = System.nanoTime();
    try (exchange) {
      Reviewer.Answer answer = answer(exchange);
      exchange.getResponseHeaders().set("Content-Type", "application/json");
      byte[] body = answer.body().getBytes(StandardCharsets.UTF_8);
      exchange.sendResponseHeaders(answer.status(), body.length);
      exchange.getResponseBody().write(body);
      Timer.builder("ringfence_admission_seconds")
          .description("Time from a request's head to its answer")
          .tag("kind", answer.kind())
          .tag("result", answer.result())
          .publishPercentileHistogram(false)
          .register(meters)
          .record(Duration.ofNanos(System.nanoTime() - began));
    } catch (IOException e) {
      LOG.debug("a client went away: {}", e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private Reviewer.Answer answer(HttpExchange exchange) throws IOException, InterruptedException {
    String path = exchange.getRequestURI().getPath();
    if (!path.equals(PATH) && !path.startsWith(ADVICE)) {
      return refused(404, "there is only " + PATH);
    }
    if (!exchange.getRequestMethod().equals("POST")) {
      return refused(405, "an AdmissionReview is posted");
    }
    String type = exchange.getRequestHeaders().getFirst("Content-Type");
    if (type == null || !type.split(";", 2)[0].strip().equals("application/json")) {
      return refused(415, "an AdmissionReview is application/json");
    }
    byte[] body;
    try (InputStream in = exchange.getRequestBody()) {
      body = in.readNBytes(LARGEST_BODY + 1);
    }
    if (body.length > LARGEST_BODY) {
      return refused(413, "an AdmissionReview has at most " + LARGEST_BODY + " bytes");
    }
    turns.acquire();
    try {
      return reviewer.answer(body);
    } finally {
      turns.release();
    }
  }

  private static Reviewer.Answer refused(int status, String why) {
    String body =
        "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Failure\",\"code\":%d,\"message\":\"%s\"}"
            .formatted(status, why);
    return new Reviewer.Answer(status, body, "unknown", "unreadable");
  }

  /** Answers what is under way, for at most two seconds. */
  @Override
  public void close() {
    server.stop(2);
    threads.close();
  }

  /** Shows each new connection what there is now. */
  private static final class Live extends X509ExtendedKeyManager {
    private final Certificates certificates;

    Live(Certificates certificates) {
      this.certificates = certificates;
    }

    // The JDK asks for an alias first and for its key and chain later; the alias is the identity's
    // own, so that a rotation in between gives no chain with another's key.
    private final java.util.concurrent.ConcurrentMap<String, Identity> recent =
        new java.util.concurrent.ConcurrentHashMap<>();

    private String choose() {
      Identity identity = certificates.identity();
      String alias = ALIAS + identity.leaf().getSerialNumber().toString(16);
      if (recent.put(alias, identity) == null && recent.size() > 4) {
        recent.keySet().removeIf(a -> !a.equals(alias));
      }
      return alias;
    }

    @Override
    public @Nullable String chooseEngineServerAlias(
        String keyType, Principal @Nullable [] issuers, SSLEngine engine) {
      return fits(keyType) ? choose() : null;
    }

    @Override
    public @Nullable String chooseServerAlias(
        String keyType, Principal @Nullable [] issuers, Socket socket) {
      return fits(keyType) ? choose() : null;
    }

    private boolean fits(String keyType) {
      return keyType.equals(certificates.identity().key().getAlgorithm());
    }

    @Override
    public X509Certificate @Nullable [] getCertificateChain(String alias) {
      Identity identity = recent.get(alias);
      return identity == null ? null : identity.chain().toArray(X509Certificate[]::new);
    }

    @Override
    public @Nullable PrivateKey getPrivateKey(String alias) {
      Identity identity = recent.get(alias);
      return identity == null ? null : identity.key();
    }

    @Override
    public String @Nullable [] getServerAliases(String keyType, Principal @Nullable [] issuers) {
      return fits(keyType) ? new String[] {choose()} : null;
    }

    @Override
    public String @Nullable [] getClientAliases(String keyType, Principal @Nullable [] issuers) {
      return null;
    }

    @Override
    public @Nullable String chooseClientAlias(
        String[] keyTypes, Principal @Nullable [] issuers, Socket socket) {
      return null;
    }
  }
}
