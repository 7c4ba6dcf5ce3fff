package dev.ringfence.admission;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;

/** The running webhook: facts, certificates, server. Every replica of the operator has one. */
public final class Admission implements AutoCloseable {
  /**
   * How to run it.
   *
   * @param namespace the operator's own
   * @param host where to listen
   * @param port 0 for a free one
   * @param certificates a folder with {@code tls.crt} and {@code tls.key}; empty when the operator
   *     makes its own
   * @param names DNS names and addresses that the API server calls, for certificates of its own
   */
  public record Options(
      String namespace, String host, int port, Optional<Path> certificates, List<String> names) {

    /** As the install manifests run it: certificates of its own, for the Service there. */
    public static Options of(String namespace) {
      String service = "ringfence-webhook." + namespace + ".svc";
      return new Options(
          namespace,
          "0.0.0.0",
          9443,
          Optional.empty(),
          List.of(service, service + ".cluster.local"));
    }
  }

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final WatchedFacts facts;
  private final Certificates certificates;
  private final WebhookServer server;

  private Admission(WatchedFacts facts, Certificates certificates, WebhookServer server) {
    this.facts = facts;
    this.certificates = certificates;
    this.server = server;
  }

  /**
   * Starts and returns when it has seen what judgements rest on, and listens.
   *
   * @throws IOException when the address cannot be had or the folder holds no usable certificate
   * @throws IllegalStateException when certificates cannot be made or something cannot be watched,
   *     with what is missing
   */
  public static Admission start(
      KubernetesClient client, Options options, MeterRegistry meters, InstantSource clock)
      throws IOException {
    Certificates certificates =
        options.certificates().isPresent()
            ? FolderCertificates.start(options.certificates().get())
            : OwnCertificates.start(client, options.namespace(), options.names(), clock);
    WatchedFacts facts = WatchedFacts.start(client, options.namespace());
    try {
      // Before all has been seen, a good workload would be told that there is no policy.
      facts.awaitReady(PATIENCE);
      Rehearsal.run(clock);
      // Half of the heap is what the rehearsal left; nothing would collect it for days.
      System.gc();
      return new Admission(
          facts,
          certificates,
          WebhookServer.start(
              options.host(), options.port(), certificates, new Reviewer(facts, clock), meters));
    } catch (IOException e) {
      facts.close();
      certificates.close();
      throw new IOException(
          "cannot listen on " + options.host() + ":" + options.port() + ": " + e.getMessage(), e);
    } catch (IllegalStateException e) {
      facts.close();
      certificates.close();
      throw e;
    }
  }

  public int port() {
    return server.port();
  }

  /** Whether all watches run. */
  public boolean ready() {
    return facts.ready();
  }

  /** Answers what is under way, then stops. */
  @Override
  public void close() {
    server.close();
    facts.close();
    certificates.close();
  }
}
