package dev.ringfence.e2e.install;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ringfence.e2e.cluster.ControlPlaneOptions;
import dev.ringfence.e2e.reconcile.Bench;
import dev.ringfence.e2e.reconcile.Samples;
import dev.ringfence.resources.RawPolicy;
import dev.ringfence.resources.RawWorkload;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The chart from its first install to the last thing that it leaves, by the real helm. */
final class LifecycleIT {
  private static final String GUARD = "registry.example/ringfence/guard@";
  private static final int MANY = 50;

  @TempDir private @Nullable Path folder;

  private Path home() {
    return requireNonNull(folder);
  }

  @Test
  void helmFindsNothingToSayAgainstTheChart() {
    Helm helm = Helm.offline(home());
    assertThat(
            helm.run(
                "lint",
                "--strict",
                ChartFiles.CHART.toString(),
                "--set=guard.image.digest=" + Release.GUARD_DIGEST))
        .contains("0 chart(s) failed");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "replica=3 | additional properties 'replica' not allowed",
        "replicas=two | at '/replicas': got string, want integer",
        "guard.image.digest= | guard.image.digest must be set (sha256: and 64 hex digits)",
        "guard.image.digest=v1 | at '/guard/image/digest': 'v1' does not match pattern",
        "image.repository=Registry.example/X | at '/image/repository'",
        "admissionPolicies.pod=false | at '/admissionPolicies': additional properties 'pod' not"
            + " allowed",
        "webhook.certificates.secretName=mine | webhook.certificates.caBundle must be set beside"
            + " secretName",
        "networkPolicy.apiServerPorts={70000} | at '/networkPolicy/apiServerPorts/0'",
      })
  void aWrongValueIsNamed(String value, String message) {
    Helm.Answer answer =
        Helm.offline(home())
            .ask(
                Stream.concat(
                        Stream.of(Release.arguments("template", ChartFiles.CHART))
                            .filter(a -> !a.equals("--create-namespace")),
                        Stream.of("--set=" + value))
                    .toArray(String[]::new));

    assertThat(answer.code()).isEqualTo(1);
    assertThat(answer.err()).contains(message).doesNotContain("goroutine", "panic");
  }

  @Test
  void installedUpgradedRolledBackRemovedAndInstalledAgain() {
    try (Release release = Release.none(home(), ControlPlaneOptions.DEFAULTS)) {
      KubernetesClient client = release.client();
      Set<String> before = objects(release);
      release.install();
      assertThat(release.helm().run("get", "manifest", "ringfence", "-n", ChartFiles.NAMESPACE))
          .as("helm looks after the definitions from the first install on")
          .contains("name: vllmdeployments.ringfence.dev");
      release.editPolicy(
          spec -> spec.set("engine", Samples.policy().spec().path("engine").deepCopy()));

      Path next = nextChart(home());
      release.upgrade(next);
      assertThat(description(client)).as("an upgrade applies definitions").isEqualTo("Next.");
      release.helm().run("rollback", "ringfence", "1", "-n", ChartFiles.NAMESPACE);
      assertThat(description(client)).as("a rollback too").isNotEqualTo("Next.");
      assertThat(listed(client)).as("what a person set in the policy stays").isTrue();

      assertThat(release.helm().run("uninstall", "ringfence", "-n", ChartFiles.NAMESPACE))
          .contains("were kept due to the resource policy");
      Set<String> left = objects(release);
      left.removeAll(before);
      assertThat(left)
          .as("docs/upgrade.md names what is left")
          .containsExactlyInAnyOrder(
              "CustomResourceDefinition trustedmodels.ringfence.dev",
              "CustomResourceDefinition vllmdeployments.ringfence.dev",
              "CustomResourceDefinition vllmpolicies.ringfence.dev",
              "VLLMPolicy default",
              "Namespace ringfence-system");

      release.install();
      assertThat(listed(client)).as("the policy that was kept is still a person's").isTrue();
    }
  }

  @Test
  void anAuthorWritesSecretsAndReadsNone() {
    try (Release release =
        Release.none(home(), ControlPlaneOptions.DEFAULTS.withoutControllers())) {
      release.install();
      KubernetesClient client = release.client();
      for (String role : List.of("ringfence-author", "ringfence-viewer")) {
        var rules = client.rbac().clusterRoles().withName(role).require().getRules();
        assertThat(rules)
            .allSatisfy(
                rule ->
                    assertThat(rule.getResources())
                        .noneMatch(r -> r.endsWith("/status") || r.contains("*")));
        assertThat(
                rules.stream()
                    .filter(rule -> rule.getResources().contains("secrets"))
                    .flatMap(rule -> rule.getVerbs().stream()))
            // The answer to a patch, an empty one too, is the whole Secret.
            .doesNotContain("get", "list", "watch", "patch", "*");
      }
    }
  }

  /** Counted from the uids of pods: a pod that was replaced has another. */
  @Test
  @Tag("slow")
  void anUpgradeRestartsNoEngineUnlessTheGuardIsAnother() {
    try (Release release =
        Release.none(home(), ControlPlaneOptions.DEFAULTS.withNodes(MANY / 8 + 2, 0)).install()) {
      KubernetesClient client = release.client();
      release.start("now", GUARD + Release.GUARD_DIGEST);
      release.namespace("team");
      release.editPolicy(
          spec -> spec.set("engine", Samples.policy().spec().path("engine").deepCopy()));
      release.apply(Samples.imageModel("mistral"));
      List<RawWorkload> workloads = new ArrayList<>();
      for (int i = 0; i < MANY; i++) {
        workloads.add(release.apply(Samples.workload("team", "w" + i, "mistral", "acme")));
      }
      workloads.forEach(release::awaitReady);
      Bench.pause(Duration.ofSeconds(5));
      Set<String> before = engines(client);
      assertThat(before).hasSize(MANY);

      release.stop("now");
      release.upgrade(nextChart(home()));
      release.start("next", GUARD + Release.GUARD_DIGEST, "0.2.0");
      workloads.forEach(release::awaitReady);
      Bench.pause(Duration.ofSeconds(20));
      assertThat(engines(client)).as("engines after the upgrade").isEqualTo(before);

      String other = "sha256:" + "e".repeat(64);
      release.stop("next");
      release.upgrade(nextChart(home()), "--set=guard.image.digest=" + other);
      Instant start = Instant.now();
      release.start("after", GUARD + other, "0.2.0");
      Bench.until(
          "every engine has the next guard",
          Duration.ofMinutes(8),
          () -> engines(client).stream().noneMatch(before::contains));
      System.out.printf(
          "upgrade with %d workloads: 0 of %d engines restarted; with another guard all of them, in"
              + " %d s%n",
          MANY, before.size(), Duration.between(start, Instant.now()).toSeconds());
    }
  }

  private static Set<String> engines(KubernetesClient client) {
    return client
        .pods()
        .inNamespace("team")
        .withLabel("app.kubernetes.io/component", "engine")
        .list()
        .getItems()
        .stream()
        .filter(pod -> !pod.isMarkedForDeletion())
        .map(Pod::getMetadata)
        .map(m -> m.getUid())
        .collect(Collectors.toSet());
  }

  private static boolean listed(KubernetesClient client) {
    RawPolicy policy = client.resource(Samples.policy()).require();
    return policy.spec().path("engine").path("images").size() == 3;
  }

  private static String description(KubernetesClient client) {
    return client
        .apiextensions()
        .v1()
        .customResourceDefinitions()
        .withName("vllmpolicies.ringfence.dev")
        .require()
        .getSpec()
        .getVersions()
        .getFirst()
        .getAdditionalPrinterColumns()
        .getFirst()
        .getDescription();
  }

  /** The chart of a next release, whose definitions have changed. */
  private static Path nextChart(Path home) {
    Path next = home.resolve("next");
    try (Stream<Path> files = Files.walk(ChartFiles.CHART)) {
      for (Path file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
        Path to = next.resolve(ChartFiles.CHART.relativize(file).toString());
        Files.createDirectories(requireNonNull(to.getParent()));
        String text = Files.readString(file);
        if (file.endsWith("Chart.yaml")) {
          text = text.replaceAll("(?m)^(version|appVersion): .*$", "$1: 0.2.0");
        }
        if (file.endsWith("crds/vllmpolicies.ringfence.dev.yaml")) {
          text =
              text.replace("Whether it is in force; an invalid policy counts as none.", "Next.")
                  .replaceAll("ringfence.dev/definition: \\w+", "ringfence.dev/definition: next");
        }
        Files.writeString(to, text);
      }
      return next;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Everything of a kind that the chart makes or the operator writes, by kind and name. */
  private static Set<String> objects(Release release) {
    KubernetesClient client = release.client();
    Set<String> objects = new TreeSet<>();
    List<HasMetadata> all = new ArrayList<>();
    Stream.<List<? extends HasMetadata>>of(
            client.namespaces().list().getItems(),
            client.apiextensions().v1().customResourceDefinitions().list().getItems(),
            client.rbac().clusterRoles().list().getItems(),
            client.rbac().clusterRoleBindings().list().getItems(),
            client.admissionRegistration().v1().validatingWebhookConfigurations().list().getItems(),
            client.admissionRegistration().v1().validatingAdmissionPolicies().list().getItems(),
            client
                .admissionRegistration()
                .v1()
                .validatingAdmissionPolicyBindings()
                .list()
                .getItems(),
            inOurs(client.secrets().inNamespace(ChartFiles.NAMESPACE).list().getItems()),
            inOurs(client.services().inNamespace(ChartFiles.NAMESPACE).list().getItems()),
            inOurs(client.leases().inNamespace(ChartFiles.NAMESPACE).list().getItems()),
            inOurs(client.serviceAccounts().inNamespace(ChartFiles.NAMESPACE).list().getItems()),
            inOurs(client.configMaps().inNamespace(ChartFiles.NAMESPACE).list().getItems()),
            inOurs(client.rbac().roles().inNamespace(ChartFiles.NAMESPACE).list().getItems()),
            inOurs(
                client.rbac().roleBindings().inNamespace(ChartFiles.NAMESPACE).list().getItems()),
            inOurs(client.apps().deployments().inNamespace(ChartFiles.NAMESPACE).list().getItems()),
            inOurs(
                client
                    .network()
                    .v1()
                    .networkPolicies()
                    .inNamespace(ChartFiles.NAMESPACE)
                    .list()
                    .getItems()),
            inOurs(
                client
                    .policy()
                    .v1()
                    .podDisruptionBudget()
                    .inNamespace(ChartFiles.NAMESPACE)
                    .list()
                    .getItems()))
        .flatMap(List::stream)
        .forEach(all::add);
    for (HasMetadata object : all) {
      objects.add(object.getKind() + " " + object.getMetadata().getName());
    }
    try {
      client
          .resources(RawPolicy.class)
          .list()
          .getItems()
          .forEach(p -> objects.add("VLLMPolicy " + p.getMetadata().getName()));
    } catch (KubernetesClientException e) {
      // The kind is not served before the first install.
      assertThat(e.getCode()).isEqualTo(404);
    }
    return objects;
  }

  /** Without what Kubernetes makes in every namespace. */
  private static <R extends HasMetadata> List<R> inOurs(List<R> objects) {
    return objects.stream()
        .filter(o -> !Set.of("default", "kube-root-ca.crt").contains(o.getMetadata().getName()))
        .toList();
  }
}
