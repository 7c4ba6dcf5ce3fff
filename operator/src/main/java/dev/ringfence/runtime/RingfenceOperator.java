package dev.ringfence.runtime;

import dev.ringfence.admission.Admission;
import dev.ringfence.api.v1alpha1.Crd;
import dev.ringfence.events.EventRecorder;
import dev.ringfence.reconcile.GuardReader;
import dev.ringfence.reconcile.HttpGuardReader;
import dev.ringfence.reconcile.ModelHistory;
import dev.ringfence.reconcile.ModelReconciler;
import dev.ringfence.reconcile.Orphans;
import dev.ringfence.reconcile.PolicyReconciler;
import dev.ringfence.reconcile.Seal;
import dev.ringfence.reconcile.Settings;
import dev.ringfence.reconcile.WorkloadReconciler;
import dev.ringfence.render.RenderContext.OperatorPods;
import io.fabric8.kubernetes.api.model.APIResource;
import io.fabric8.kubernetes.api.model.APIResourceList;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderCallbacks;
import io.javaoperatorsdk.operator.Operator;
import io.javaoperatorsdk.operator.api.config.ControllerConfigurationOverrider;
import io.javaoperatorsdk.operator.api.config.LeaderElectionConfigurationBuilder;
import io.javaoperatorsdk.operator.monitoring.micrometer.MicrometerMetrics;
import io.javaoperatorsdk.operator.processing.retry.GenericRetry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The running operator: its controllers, its health and its metrics. */
public final class RingfenceOperator implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RingfenceOperator.class);
  private static final String LEASE = "ringfence-operator";
  private static final Duration LEASE_DURATION = Duration.ofSeconds(15);

  /** A reconcile is a chain of short requests; what is not done then is done by the next leader. */
  private static final Duration LAST_RECONCILES = Duration.ofSeconds(10);

  private static final int THREADS = 16;

  private final KubernetesClient client;
  private final Operator operator;
  private final Health health;
  private final GuardReader guards;
  private volatile Optional<Admission> admission = Optional.empty();
  private final CountDownLatch ended;
  private final Lease lease;

  private RingfenceOperator(
      KubernetesClient client,
      Operator operator,
      Health health,
      GuardReader guards,
      Lease lease,
      CountDownLatch ended) {
    this.lease = lease;
    this.ended = ended;
    this.client = client;
    this.operator = operator;
    this.health = health;
    this.guards = guards;
  }

  /**
   * Starts and returns when the informers have what they watch (or, as one of several, when it
   * stands by).
   *
   * @param config of the API server
   * @throws IllegalStateException when it cannot start, with what is missing
   */
  public static RingfenceOperator start(Config config, Options options) {
    return start(config, options, Optional.empty());
  }

  /**
   * The same with the admission webhook, which every replica serves, the leader or not.
   *
   * @param webhook how to serve it; empty for not at all
   */
  public static RingfenceOperator start(
      Config config, Options options, Optional<Admission.Options> webhook) {
    Config named = new ConfigBuilder(config).withUserAgent("ringfence-operator").build();
    KubernetesClient client =
        new KubernetesClientBuilder()
            .withConfig(named)
            .withKubernetesSerialization(LeanObjects.serialization())
            .build();
    LeanObjects.learn(client.getKubernetesSerialization());
    Optional<String> lack = lack(client, options.namespace());
    if (lack.isPresent()) {
      client.close();
      throw new IllegalStateException(lack.get());
    }
    PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    Lease lease = new Lease(client, options.namespace(), LEASE, options.identity(), LEASE_DURATION);
    CountDownLatch ended = new CountDownLatch(1);
    Settings settings =
        new Settings(
            new OperatorPods(options.namespace(), options.podLabels()),
            options.guardImage(),
            options.apiServer().isEmpty() ? address(client) : options.apiServer(),
            ImageVolumes.known(client, options.namespace()),
            release(),
            new Seal(RecordKey.of(client, options.namespace())),
            options.resync(),
            options.clock());
    EventRecorder events = new EventRecorder(client, options.identity(), options.clock());
    GuardReader guards = options.askGuards() ? new HttpGuardReader() : GuardReader.none();
    ModelHistory history = new ModelHistory();
    WorkloadReconciler workloads =
        new WorkloadReconciler(client, settings, events, guards, history);
    Operator operator =
        new Operator(
            overrider -> {
              overrider
                  .withKubernetesClient(client)
                  .withCloseClientOnStop(false)
                  .checkingCRDAndValidateLocalModel(false)
                  .withConcurrentReconciliationThreads(THREADS)
                  .withReconciliationTerminationTimeout(LAST_RECONCILES)
                  .withUseSSAToPatchPrimaryResource(true)
                  .withMetrics(MicrometerMetrics.withoutPerResourceMetrics(registry));
              if (options.leaderElection()) {
                overrider.withLeaderElectionConfiguration(
                    LeaderElectionConfigurationBuilder.aLeaderElectionConfiguration(LEASE)
                        .withLeaseNamespace(options.namespace())
                        .withIdentity(options.identity())
                        .withLeaseDuration(LEASE_DURATION)
                        .withRenewDeadline(Duration.ofSeconds(10))
                        .withRetryPeriod(Duration.ofSeconds(2))
                        // It would call System.exit from the thread that closing waits for.
                        .withExitOnStopLeading(false)
                        .withLeaderCallbacks(
                            new LeaderCallbacks(
                                lease::taken,
                                () -> {
                                  lease.lost();
                                  ended.countDown();
                                },
                                who -> LOG.info("the leader is {}", who)))
                        .build());
              }
            });
    operator.register(
        workloads,
        c -> {
          common(c, options);
          scope(c, options);
        });
    operator.register(new PolicyReconciler(client, settings, events), c -> common(c, options));
    operator.register(
        new ModelReconciler(client, settings, events, history), c -> common(c, options));
    operator.register(
        new Orphans(client, events),
        c -> {
          common(c, options);
          scope(c, options);
          c.withLabelSelector("app.kubernetes.io/managed-by=ringfence")
              .withOnUpdateFilter(Orphans::concerns);
        });
    WorkloadMeters.register(registry, workloads);
    Truth truth =
        new Truth(
            client,
            operator.getRuntimeInfo(),
            options.leaderElection() ? Optional.of(lease) : Optional.empty());
    Health health = Health.start(options.listenHost(), options.listenPort(), truth, registry);
    RingfenceOperator running =
        new RingfenceOperator(client, operator, health, guards, lease, ended);
    try {
      if (webhook.isPresent()) {
        truth.serves(() -> running.admission.filter(Admission::ready).isPresent());
      }
      operator.start();
      LOG.info(
          "the operator {} has started, health and metrics on port {}", release(), health.port());
      if (webhook.isPresent()) {
        // Behind the watches: it rehearses for two seconds before it takes its first call.
        Admission admission = Admission.start(client, webhook.get(), registry, options.clock());
        running.admission = Optional.of(admission);
        LOG.info("the webhook answers on port {}", admission.port());
      }
    } catch (IOException | RuntimeException e) {
      running.close();
      throw new IllegalStateException("the operator cannot start: " + e.getMessage(), e);
    }
    return running;
  }

  /** What the cluster has to have before anything is watched, with the command that brings it. */
  private static Optional<String> lack(KubernetesClient client, String namespace) {
    if (client.namespaces().withName(namespace).get() == null) {
      return Optional.of("its namespace is not there; kubectl create namespace " + namespace);
    }
    List<String> missing = notServed(client);
    return missing.isEmpty()
        ? Optional.empty()
        : Optional.of(
            "the API server does not serve %s of %s; %s"
                .formatted(String.join(", ", missing), Crd.GROUP + "/" + Crd.VERSION, Crd.INSTALL));
  }

  /** Which of our kinds an informer would fail at, with traces; none where nobody may ask. */
  private static List<String> notServed(KubernetesClient client) {
    APIResourceList served;
    try {
      served = client.getApiResources(Crd.GROUP + "/" + Crd.VERSION);
    } catch (KubernetesClientException e) {
      return List.of();
    }
    List<String> known =
        served == null
            ? List.of()
            : served.getResources().stream().map(APIResource::getName).toList();
    return Arrays.stream(Crd.values()).map(Crd::plural).filter(p -> !known.contains(p)).toList();
  }

  private static <R extends HasMetadata> void common(
      ControllerConfigurationOverrider<R> c, Options options) {
    // Never gives up, and never spins: an object that nobody touches is looked at once a minute at
    // least while it fails.
    c.withRetry(
            new GenericRetry()
                .setInitialInterval(Duration.ofMillis(500))
                .setIntervalMultiplier(2)
                .setMaxInterval(Duration.ofMinutes(1).toMillis())
                .withoutMaxAttempts())
        // Labels and annotations are judged too (rule 508), and a forged status is put right.
        .withGenerationAware(false)
        .withReconciliationMaxInterval(options.resync());
  }

  private static <R extends HasMetadata> void scope(
      ControllerConfigurationOverrider<R> c, Options options) {
    if (!options.watch().isEmpty()) {
      c.settingNamespaces(options.watch());
    }
  }

  private static String release() {
    return Optional.ofNullable(RingfenceOperator.class.getPackage().getImplementationVersion())
        .orElse("development");
  }

  /** The API server's address as pods reach it, else as this program does. */
  private static String address(KubernetesClient client) {
    String host = System.getenv("KUBERNETES_SERVICE_HOST");
    String port = System.getenv("KUBERNETES_SERVICE_PORT");
    if (host != null && port != null) {
      return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
    }
    URI uri =
        client.getMasterUrl() == null
            ? URI.create("https://localhost:443")
            : URI.create(client.getMasterUrl().toString());
    return uri.getHost() + ":" + (uri.getPort() > 0 ? uri.getPort() : 443);
  }

  /** Where health and metrics are served. */
  public int port() {
    return health.port();
  }

  /** Where the webhook is served, when it is. */
  public Optional<Integer> webhookPort() {
    return admission.map(Admission::port);
  }

  /**
   * Returns when the operator has been stopped, or has lost the lease that it had.
   *
   * @return whether it was stopped; else another may act already, and this process has to end at
   *     once, without finishing what it was at
   */
  public boolean await() throws InterruptedException {
    ended.await();
    return !lease.isLost() || health.isStopping();
  }

  /** Stops taking work, ends what is under way within ten seconds, gives the lease back. */
  @Override
  public void close() {
    health.stopping();
    try {
      admission.ifPresent(Admission::close);
      operator.stop();
    } finally {
      if (guards instanceof HttpGuardReader reader) {
        reader.close();
      }
      client.close();
      health.close();
      ended.countDown();
    }
  }
}
