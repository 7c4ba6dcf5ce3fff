package dev.ringfence.e2e.reconcile;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ringfence.e2e.cluster.ControlPlaneOptions;
import dev.ringfence.e2e.cluster.LocalControlPlane;
import dev.ringfence.resources.RawWorkload;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBinding;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the health endpoints say, on a control plane whose API server goes down and hangs. */
final class HealthIT {
  private static final String NAMESPACE = "health";
  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static @Nullable LocalControlPlane plane;
  private @Nullable Bench bench;

  /**
   * @param answered how long the answer took
   */
  private record Answer(int code, String text, Duration answered) {}

  @BeforeAll
  static void plane() {
    plane = LocalControlPlane.start(ControlPlaneOptions.DEFAULTS.withNodes(2, 0));
    plane
        .client()
        .resource(
            new NamespaceBuilder()
                .withNewMetadata()
                .withName(NAMESPACE)
                .addToLabels("pod-security.kubernetes.io/enforce", "restricted")
                .endMetadata()
                .build())
        .create();
  }

  @AfterAll
  static void stopPlane() {
    requireNonNull(plane).close();
  }

  @BeforeEach
  void bench() {
    bench = new Bench(requireNonNull(plane), Set.of(NAMESPACE));
    bench.apply(Samples.policy());
    bench.apply(Samples.imageModel("mistral"));
  }

  @AfterEach
  void stop() {
    requireNonNull(bench).close();
  }

  private Answer ask(String method, String path) {
    try {
      long start = System.nanoTime();
      HttpResponse<String> response =
          HTTP.send(
              HttpRequest.newBuilder(
                      URI.create(
                          "http://127.0.0.1:" + requireNonNull(bench).operator().port() + path))
                  .method(method, HttpRequest.BodyPublishers.noBody())
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      return new Answer(
          response.statusCode(), response.body(), Duration.ofNanos(System.nanoTime() - start));
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private void awaitReadyz(int code, String text) {
    try {
      Bench.until(
          "readyz " + code + " " + text,
          Duration.ofSeconds(90),
          () -> {
            Answer answer = ask("GET", "/readyz");
            return answer.code() == code && answer.text().contains(text);
          });
    } catch (AssertionError e) {
      throw new AssertionError(e.getMessage() + "; it says " + ask("GET", "/readyz"), e);
    }
  }

  @Test
  void anOutageOfTheApiServerIsNotReadyAndNoReasonForARestart() {
    Bench b = requireNonNull(bench);
    b.start();
    awaitReadyz(200, "informers: in order");
    assertThat(ask("GET", "/readyz").text())
        .isEqualTo("started: true\nAPI server: answers\ninformers: in order\nlease: not used\n");
    assertThat(ask("GET", "/livez").code()).isEqualTo(200);
    assertThat(ask("GET", "/readyz/else").code()).isEqualTo(404);
    assertThat(ask("POST", "/readyz").code()).isEqualTo(405);
    assertThat(ask("GET", "/metrics").text()).contains("ringfence_rollout_workloads");

    LocalControlPlane.Outage down = requireNonNull(plane).killApiServer();
    try {
      awaitReadyz(503, "API server: does not answer");
      assertThat(ask("GET", "/livez").code()).isEqualTo(200);
    } finally {
      down.close();
    }
    awaitReadyz(200, "informers: in order");

    LocalControlPlane.Outage hangs = requireNonNull(plane).hangApiServer();
    try {
      awaitReadyz(503, "API server: does not answer");
      Bench.pause(Duration.ofSeconds(3));
      Answer live = ask("GET", "/livez");
      assertThat(live.code()).isEqualTo(200);
      assertThat(live.answered())
          .as("a kubelet gives up on a probe long before an API server that hangs gives in")
          .isLessThan(Duration.ofSeconds(3));
    } finally {
      hangs.close();
    }
    awaitReadyz(200, "informers: in order");

    RawWorkload chat = b.apply(Samples.workload(NAMESPACE, "chat", "mistral", "acme"));
    b.awaitReady(chat, Duration.ofSeconds(60));
  }

  @Test
  void anInformerThatMayNotWatchAnyMoreIsNamed() {
    Bench b = requireNonNull(bench);
    role("watch", "list");
    b.client()
        .resource(
            Samples.read(
                """
                apiVersion: rbac.authorization.k8s.io/v1
                kind: ClusterRoleBinding
                metadata: {name: limited}
                roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: limited}
                subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: limited}]
                """,
                ClusterRoleBinding.class))
        .serverSideApply();
    b.startAs("limited");
    awaitReadyz(200, "informers: in order");

    role();
    // Watches live on what they were allowed when they began, so have them begin anew.
    requireNonNull(plane).killApiServer().close();
    // First every one of them, then those that may watch are back.
    awaitReadyz(503, "API server: answers\ninformers: not in order: workloads/jobs\n");
    assertThat(ask("GET", "/livez").code()).as("for the first three minutes").isEqualTo(200);

    role("watch", "list");
    awaitReadyz(200, "informers: in order");
  }

  /** Everything, and of Jobs what is given. */
  private void role(String... ofJobs) {
    ClusterRole role =
        Samples.read(
            """
            apiVersion: rbac.authorization.k8s.io/v1
            kind: ClusterRole
            metadata: {name: limited}
            rules:
            - apiGroups: ["", apps, networking.k8s.io, policy, ringfence.dev, events.k8s.io, coordination.k8s.io]
              resources: ["*"]
              verbs: ["*"]
            - {nonResourceURLs: ["*"], verbs: [get]}
            """,
            ClusterRole.class);
    if (ofJobs.length > 0) {
      role =
          role.edit()
              .addNewRule()
              .withApiGroups("batch")
              .withResources("jobs")
              .withVerbs(ofJobs)
              .endRule()
              .build();
    }
    requireNonNull(bench).client().resource(role).forceConflicts().serverSideApply();
  }
}
