package dev.ringfence.e2e.operate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ringfence.admission.Admission;
import dev.ringfence.e2e.cluster.LocalControlPlane;
import dev.ringfence.e2e.cluster.TestNamespace;
import dev.ringfence.e2e.cluster.WithControlPlane;
import dev.ringfence.e2e.engine.StandInEngine;
import dev.ringfence.e2e.reconcile.Bench;
import dev.ringfence.e2e.reconcile.Samples;
import dev.ringfence.inspect.FirstAnswer;
import dev.ringfence.runtime.Options;
import dev.ringfence.runtime.RingfenceOperator;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Dashboards, alerts and the page of metrics, held against a real run: the operator with its
 * webhook on a real API server, two guards with stand-in engines under traffic, a real Prometheus.
 * {@code -Dpicture.update} draws the README's picture from it.
 */
@Tag("slow")
@WithControlPlane
final class SeeingIT {
  private static final Path DEPLOY = Shell.ROOT.resolve("deploy");
  private static final Pattern METRIC =
      Pattern.compile("\\b(ringfence_[a-z_]+|guard_[a-z_]+|operator_sdk_[a-z_]+|vllm:[a-z_]+)");

  /** Nothing fails in this run, so this counter has not begun. */
  private static final Set<String> WITHOUT_DATA = Set.of("Failed reconciles a second");

  private final LocalControlPlane plane;
  private final TestNamespace namespace;

  SeeingIT(LocalControlPlane plane, TestNamespace namespace) {
    this.plane = plane;
    this.namespace = namespace;
  }

  private static Path programs() {
    Optional<Path> programs = Prometheus.programs();
    Assumptions.assumeTrue(
        programs.isPresent(),
        "no prometheus and promtool on PATH, and apt-get cannot fetch Debian's package");
    return programs.orElseThrow();
  }

  @Test
  void theAlertsGoOffWhenTheyShouldAndStayQuietElse() {
    Path promtool = programs().resolve("promtool");
    Path alerts = DEPLOY.resolve("alerts");
    Shell shell = new Shell(alerts, java.util.Map.of(), 60);
    shell.run(promtool.toString(), "check", "rules", "ringfence.yaml").ok();
    shell.run(promtool.toString(), "test", "rules", "ringfence_test.yaml").ok();
  }

  @Test
  void everyPanelShowsSomethingOfARealRun(@TempDir Path folder) throws Exception {
    Path programs = programs();
    StandInEngine engine = StandInEngine.build(Shell.ROOT, System.err::println);
    try (Bench bench = new Bench(plane, Set.of(namespace.name()));
        RingfenceOperator operator = operator();
        GuardedEngine acme = GuardedEngine.start(folder.resolve("a"), engine, "acme");
        GuardedEngine globex = GuardedEngine.start(folder.resolve("g"), engine, "globex");
        Prometheus prometheus =
            Prometheus.start(programs, folder, configuration(operator, acme, globex))) {
      bench.apply(Samples.policy());
      bench.apply(Samples.imageModel("mistral"));
      bench.apply(Samples.workload(namespace.name(), "chat", "mistral", "acme", "globex"));
      bench.apply(Samples.workload(namespace.name(), "bad", "nowhere", "acme"));
      Bench.until(
          "the guards are ready", Duration.ofMinutes(2), () -> acme.ready() && globex.ready());
      assertThat(FirstAnswer.ask(acme.api(), "chat", GuardedEngine.KEY, "2+2="))
          .matches(FirstAnswer::given, "an answer");
      assertThat(FirstAnswer.ask(acme.api(), "chat", "rf-" + "x".repeat(40), "2+2=").text())
          .startsWith("refused with 401: VLLM-501");
      traffic(operator, acme, globex);

      List<Prometheus.Panel> panels =
          Stream.concat(
                  Prometheus.panels(DEPLOY.resolve("dashboards/operator.json")),
                  Prometheus.panels(DEPLOY.resolve("dashboards/tenants.json")))
              .toList();
      assertThat(panels).hasSizeGreaterThan(20);
      for (Prometheus.Panel panel : panels) {
        for (String query : panel.queries()) {
          assertThat(prometheus.query(query).size() > 0)
              .as("%s: %s\n%s", panel.title(), query, acme.logs())
              .isEqualTo(!WITHOUT_DATA.contains(panel.title()));
        }
      }
      page(operator, acme);
      if (System.getProperty("picture.update") != null) {
        Path picture = Shell.ROOT.resolve("docs/images/tenants.svg");
        Files.createDirectories(picture.getParent());
        Files.writeString(picture, Picture.of(prometheus, panels, 45));
      }
    }
  }

  private RingfenceOperator operator() {
    return RingfenceOperator.start(
        plane.configFor(Bench.OPERATOR, "system:masters"),
        Options.of(Bench.NAMESPACE, Samples.GUARD_IMAGE)
            .withWatch(Set.of(namespace.name()))
            .withApiServer("10.96.0.1:443")
            .withListen("127.0.0.1", 0)
            .withLeaderElection(false, "seeing")
            .withAskGuards(false),
        Optional.of(
            new Admission.Options(
                Bench.NAMESPACE, "127.0.0.1", 0, Optional.empty(), List.of("localhost"))));
  }

  private static String configuration(
      RingfenceOperator operator, GuardedEngine acme, GuardedEngine globex) {
    StringBuilder text =
        new StringBuilder(
            """
            global: {scrape_interval: 1s, scrape_timeout: 1s}
            scrape_configs:
            - job_name: ringfence-operator
              static_configs: [{targets: ["127.0.0.1:%d"]}]
            """
                .formatted(operator.port()));
    for (String path : List.of("/metrics", "/engine/metrics")) {
      text.append(
          """
          - job_name: guards%1$s
            metrics_path: %1$s
            static_configs:
            - {targets: ["%2$s"], labels: {namespace: team, workload: chat, tenant: acme}}
            - {targets: ["%3$s"], labels: {namespace: team, workload: chat, tenant: globex}}
          """
              .formatted(path, acme.adminAddress(), globex.adminAddress()));
    }
    return text.toString();
  }

  /** Half a minute of what clients do, and one set of keys that cannot be used. */
  private void traffic(RingfenceOperator operator, GuardedEngine acme, GuardedEngine globex)
      throws Exception {
    Instant end = Instant.now().plusSeconds(40);
    for (int i = 0; Instant.now().isBefore(end); i++) {
      GuardedEngine guard = i % 3 == 0 ? globex : acme;
      guard.chat(GuardedEngine.KEY, "2+2=", i % 2 == 0);
      if (i % 5 == 0) {
        guard.chat("rf-" + "x".repeat(40), "2+2=", false);
        guard.chat(GuardedEngine.KEY, "x".repeat(9000), false);
        admission(operator);
      }
      if (i == 12) {
        acme.keys("not a key\n");
      }
      if (i == 24) {
        acme.keys(GuardedEngine.KEY + "\n");
      }
      Thread.sleep(200);
    }
  }

  /** A call as the API server makes it; what counts is that it is measured. */
  private void admission(RingfenceOperator operator) throws Exception {
    SSLContext trusting = SSLContext.getInstance("TLS");
    trusting.init(null, new javax.net.ssl.TrustManager[] {new TrustAll()}, null);
    try (HttpClient client = HttpClient.newBuilder().sslContext(trusting).build()) {
      client.send(
          HttpRequest.newBuilder(
                  URI.create(
                      "https://localhost:" + operator.webhookPort().orElseThrow() + "/validate"))
              .header("Content-Type", "application/json")
              .POST(HttpRequest.BodyPublishers.ofString(REVIEW.formatted(namespace.name())))
              .build(),
          HttpResponse.BodyHandlers.ofString());
    }
  }

  private static final String REVIEW =
      """
      {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {"uid": "1", "operation": "CREATE",
       "kind": {"group": "ringfence.dev", "version": "v1alpha1", "kind": "VLLMDeployment"},
       "resource": {"group": "ringfence.dev", "version": "v1alpha1", "resource": "vllmdeployments"},
       "name": "x", "namespace": "%1$s", "userInfo": {"username": "u"},
       "object": {"apiVersion": "ringfence.dev/v1alpha1", "kind": "VLLMDeployment",
        "metadata": {"name": "x", "namespace": "%1$s"}, "spec": {}}}}
      """;

  /** The webhook's own certificate is the API server's to check. */
  private static final class TrustAll extends javax.net.ssl.X509ExtendedTrustManager {
    @Override
    public void checkClientTrusted(java.security.cert.X509Certificate[] c, String a) {}

    @Override
    public void checkServerTrusted(java.security.cert.X509Certificate[] c, String a) {}

    @Override
    public void checkClientTrusted(
        java.security.cert.X509Certificate[] c, String a, java.net.Socket s) {}

    @Override
    public void checkServerTrusted(
        java.security.cert.X509Certificate[] c, String a, java.net.Socket s) {}

    @Override
    public void checkClientTrusted(
        java.security.cert.X509Certificate[] c, String a, javax.net.ssl.SSLEngine e) {}

    @Override
    public void checkServerTrusted(
        java.security.cert.X509Certificate[] c, String a, javax.net.ssl.SSLEngine e) {}

    @Override
    public java.security.cert.X509Certificate[] getAcceptedIssuers() {
      return new java.security.cert.X509Certificate[0];
    }
  }

  /** docs/metrics.md names what is exported, all of it and nothing else of ours. */
  private static void page(RingfenceOperator operator, GuardedEngine guard) throws Exception {
    String page = Files.readString(Shell.ROOT.resolve("docs/metrics.md"));
    Set<String> documented = tables(page);
    Set<String> exported = new TreeSet<>(families(guard.page("/metrics")));
    try (HttpClient client = HttpClient.newHttpClient()) {
      exported.addAll(
          families(
              client
                  .send(
                      HttpRequest.newBuilder(
                              URI.create("http://127.0.0.1:" + operator.port() + "/metrics"))
                          .build(),
                      HttpResponse.BodyHandlers.ofString())
                  .body()));
    }
    Set<String> engines = families(guard.page("/engine/metrics"));
    assertThat(documented.stream().filter(n -> !n.startsWith("vllm:")).filter(n -> !rare(n)))
        .containsExactlyInAnyOrderElementsOf(exported.stream().filter(n -> !rare(n)).toList());
    assertThat(engines)
        .containsAll(documented.stream().filter(n -> n.startsWith("vllm:")).toList());
    // What is drawn or alerted on is what the page explains.
    for (Path file :
        List.of(
            DEPLOY.resolve("dashboards/operator.json"),
            DEPLOY.resolve("dashboards/tenants.json"),
            DEPLOY.resolve("alerts/ringfence.yaml"))) {
      assertThat(used(file)).allSatisfy(n -> assertThat(documented).anyMatch(n::startsWith));
    }
  }

  /** Counters of failures and retries, which begin with the first one. */
  private static boolean rare(String name) {
    return name.contains("failed") || name.contains("failure");
  }

  private static Set<String> families(String text) {
    return text.lines()
        .filter(l -> l.startsWith("# TYPE "))
        .map(l -> l.split(" ", -1)[2])
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** The names in the first column of the page's tables. */
  private static Set<String> tables(String page) {
    return page.lines()
        .filter(l -> l.startsWith("| `"))
        .map(l -> l.substring(3, l.indexOf('`', 3)))
        .filter(n -> METRIC.matcher(n).matches())
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static Set<String> used(Path file) throws IOException {
    return METRIC
        .matcher(Files.readString(file))
        .results()
        .map(java.util.regex.MatchResult::group)
        .filter(n -> !n.endsWith("_"))
        .collect(Collectors.toCollection(TreeSet::new));
  }
}
