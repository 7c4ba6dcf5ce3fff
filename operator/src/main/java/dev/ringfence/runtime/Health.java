package dev.ringfence.runtime;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/** Serves {@code /livez}, {@code /readyz} and {@code /metrics}; GET only, nothing secret. */
final class Health implements AutoCloseable {
  /** Probes may come as often as they like; the API server is not asked more often than this. */
  private static final Duration FRESH = Duration.ofSeconds(2);

  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Truth truth;
  private @Nullable Known known;

  private record Known(Instant at, Truth.Report report) {}

  private Health(HttpServer server, Truth truth) {
    this.server = server;
    this.truth = truth;
  }

  static Health start(String host, int port, Truth truth, PrometheusMeterRegistry registry) {
    try {
      HttpServer server = HttpServer.create(new InetSocketAddress(host, port), 0);
      Health health = new Health(server, truth);
      server.setExecutor(health.threads);
      server.createContext("/livez", exchange -> health.answer(exchange, "/livez"));
      server.createContext("/readyz", exchange -> health.answer(exchange, "/readyz"));
      server.createContext(
          "/metrics",
          exchange ->
              send(exchange, "/metrics", 200, "text/plain; version=0.0.4", registry.scrape()));
      server.start();
      return health;
    } catch (IOException e) {
      throw new IllegalStateException(
          "cannot listen on " + host + ":" + port + ": " + e.getMessage(), e);
    }
  }

  int port() {
    return server.getAddress().getPort();
  }

  void stopping() {
    truth.stopping();
    synchronized (this) {
      known = null;
    }
  }

  boolean isStopping() {
    return truth.isStopping();
  }

  private synchronized Truth.Report report() {
    Instant now = Instant.now();
    Known last = known;
    if (last == null || last.at().plus(FRESH).isBefore(now)) {
      last = new Known(now, truth.report(now));
      known = last;
    }
    return last.report();
  }

  private void answer(HttpExchange exchange, String path) throws IOException {
    Truth.Report report = report();
    boolean well = path.equals("/livez") ? report.live() : report.ready();
    send(exchange, path, well ? 200 : 503, "text/plain", String.join("\n", report.lines()) + "\n");
  }

  private static void send(HttpExchange exchange, String path, int code, String type, String text)
      throws IOException {
    try (exchange) {
      boolean known = exchange.getRequestURI().getPath().equals(path);
      boolean get = exchange.getRequestMethod().equals("GET");
      byte[] body = (known && get ? text : "").getBytes(StandardCharsets.UTF_8);
      exchange.getResponseHeaders().set("Content-Type", type + "; charset=utf-8");
      exchange.sendResponseHeaders(
          !known ? 404 : !get ? 405 : code, body.length == 0 ? -1 : body.length);
      exchange.getResponseBody().write(body);
    }
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
