package dev.ringfence.e2e.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ringfence.cli.Ringfence;
import dev.ringfence.e2e.cluster.AuditEvent;
import dev.ringfence.e2e.cluster.AuditLog;
import dev.ringfence.e2e.cluster.ForkedJvm;
import dev.ringfence.e2e.cluster.LocalControlPlane;
import dev.ringfence.e2e.cluster.TestNamespace;
import dev.ringfence.e2e.cluster.WithControlPlane;
import dev.ringfence.resources.RawWorkload;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Two operators, each a process of its own: one acts, and the other takes over when it is gone. */
@WithControlPlane
final class LeaderIT {
  /** The lease's duration and the pause between two tries, with room for a loaded machine. */
  private static final Duration TAKEOVER = Duration.ofSeconds(90);

  private static final HttpClient HTTP = HttpClient.newHttpClient();

  private final LocalControlPlane plane;
  private final TestNamespace namespace;
  private final Bench bench;
  private final List<Replica> replicas = new ArrayList<>();

  LeaderIT(LocalControlPlane plane, TestNamespace namespace) {
    this.plane = plane;
    this.namespace = namespace;
    this.bench = new Bench(plane, Set.of(namespace.name()));
    bench.apply(Samples.policy());
    bench.apply(Samples.imageModel("mistral"));
  }

  private record Replica(String user, int port, ForkedJvm jvm) {
    /** Empty while nobody listens. */
    String health(String path) {
      try {
        HttpResponse<String> response =
            HTTP.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).build(),
                HttpResponse.BodyHandlers.ofString());
        return response.statusCode() + " " + response.body();
      } catch (IOException e) {
        return "";
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException(e);
      }
    }
  }

  private Replica start(String user) throws IOException {
    int port;
    try (ServerSocket free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    Replica replica =
        new Replica(
            user,
            port,
            ForkedJvm.start(
                Map.of("HOSTNAME", user),
                Ringfence.class,
                "operator",
                "--kubeconfig",
                plane.kubeconfigFor(user, "system:masters").toString(),
                "--namespace",
                Bench.NAMESPACE,
                "--watch",
                namespace.name(),
                "--guard-image",
                Samples.GUARD_IMAGE,
                "--listen",
                "127.0.0.1:" + port,
                "--no-guard-state"));
    replicas.add(replica);
    return replica;
  }

  @AfterEach
  void stop() throws IOException {
    for (Replica replica : replicas) {
      replica.jvm().close();
    }
    plane.client().leases().inNamespace(Bench.NAMESPACE).withName("ringfence-operator").delete();
    bench.close();
  }

  private static void awaitLease(Replica replica, String state) throws IOException {
    try {
      Bench.until(
          replica.user() + " lease: " + state,
          TAKEOVER,
          () -> replica.health("/readyz").matches("(?s)200 .*lease: " + state + "\n.*"));
    } catch (AssertionError e) {
      throw new AssertionError(
          e.getMessage() + "; " + replica.health("/readyz") + replica.jvm().printed(), e);
    }
  }

  private List<RawWorkload> declare(int from, int to) {
    List<RawWorkload> made = new ArrayList<>();
    for (int i = from; i < to; i++) {
      made.add(bench.apply(Samples.workload(namespace.name(), "w" + i, "mistral", "acme")));
    }
    return made;
  }

  private Map<String, Long> writers(AuditLog.Mark from) {
    return AuditLog.count(written(from), AuditEvent::user);
  }

  private List<AuditEvent> written(AuditLog.Mark from) {
    AuditLog audit = plane.auditLog();
    return audit.between(
        from,
        audit.mark(),
        e ->
            e.isWrite()
                && e.user().startsWith("replica-")
                && e.namespace().equals(namespace.name())
                && !e.resource().startsWith("events"));
  }

  @Test
  void oneActsAndTheOtherTakesOverWhenItIsKilled() throws Exception {
    Replica first = start("replica-a");
    awaitLease(first, "held");
    Replica second = start("replica-b");
    awaitLease(second, "stands by");
    AuditLog.Mark begin = plane.auditLog().mark();
    declare(0, 4).forEach(bench::awaitReady);
    assertThat(writers(begin)).containsOnlyKeys("replica-a");

    // In the middle of its work.
    List<RawWorkload> late = declare(4, 10);
    first.jvm().process().destroyForcibly().waitFor();
    AuditLog.Mark killed = plane.auditLog().mark();
    for (RawWorkload workload : late) {
      bench.awaitReady(workload, TAKEOVER);
    }
    awaitLease(second, "held");
    assertThat(writers(killed)).containsOnlyKeys("replica-b");
    // Whoever made it: each object once.
    Map<String, Long> made =
        written(begin).stream()
            .filter(e -> e.code() == 201)
            .filter(e -> !e.resource().startsWith("controllerrevisions"))
            .collect(
                Collectors.groupingBy(e -> e.resource() + "/" + e.name(), Collectors.counting()));
    assertThat(made).hasSizeGreaterThanOrEqualTo(10 * 5);
    assertThat(made.values()).containsOnly(1L);
    Bench.pause(Duration.ofSeconds(2));
    AuditLog.Mark settled = plane.auditLog().mark();
    Bench.pause(Duration.ofSeconds(3));
    assertThat(written(settled)).as("nothing of the first's is done again").isEmpty();

    // Whoever loses the lease ends, so that it never acts beside another.
    plane
        .client()
        .leases()
        .inNamespace(Bench.NAMESPACE)
        .withName("ringfence-operator")
        .edit(
            lease -> {
              lease.getSpec().setHolderIdentity("somebody else");
              lease
                  .getSpec()
                  .setRenewTime(ZonedDateTime.now(java.time.ZoneOffset.UTC).plusMinutes(5));
              return lease;
            });
    assertThat(second.jvm().process().waitFor(60, TimeUnit.SECONDS))
        .as(second.health("/livez"))
        .isTrue();
    assertThat(second.jvm().process().exitValue()).isEqualTo(1);
    assertThat(second.jvm().printed()).contains("the lease is lost");
  }
}
