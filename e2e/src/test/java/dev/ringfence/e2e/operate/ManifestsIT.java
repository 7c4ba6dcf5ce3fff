package dev.ringfence.e2e.operate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ringfence.e2e.cluster.LocalControlPlane;
import dev.ringfence.e2e.cluster.TestNamespace;
import dev.ringfence.e2e.cluster.WithControlPlane;
import dev.ringfence.e2e.reconcile.Bench;
import dev.ringfence.resources.RawPolicy;
import dev.ringfence.resources.RawWorkload;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What lies under {@code deploy} is taken by a real API server, and accepted by the operator. */
@WithControlPlane
final class ManifestsIT {
  private static final Path DEPLOY = Shell.ROOT.resolve("deploy");

  /** Groups of other products; ScalingIT brings their definitions along. */
  private static final Set<String> FOREIGN =
      Set.of("keda.sh/v1alpha1", "kueue.x-k8s.io/v1beta2", "gateway.networking.k8s.io/v1");

  private final LocalControlPlane plane;
  private final KubernetesClient client;

  ManifestsIT(LocalControlPlane plane) {
    this.plane = plane;
    this.client = plane.client();
  }

  static List<Path> examples() throws IOException {
    try (Stream<Path> files = Files.list(DEPLOY.resolve("examples"))) {
      return files.filter(f -> f.toString().endsWith(".yaml")).sorted().toList();
    }
  }

  private List<HasMetadata> objects(Path file) throws IOException {
    return client.load(Files.newInputStream(file)).items();
  }

  @Test
  void everyExampleIsAcceptedByTheOperator() throws IOException {
    List<HasMetadata> all =
        examples().stream()
            .flatMap(
                f -> {
                  try {
                    return objects(f).stream();
                  } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                  }
                })
            .filter(o -> !FOREIGN.contains(o.getApiVersion()))
            .toList();
    Set<String> namespaces =
        all.stream()
            .filter(o -> o.getKind().equals("Namespace"))
            .map(o -> o.getMetadata().getName())
            .collect(Collectors.toSet());
    try (Bench bench = new Bench(plane, namespaces)) {
      all.stream()
          .sorted(java.util.Comparator.comparing(o -> !o.getKind().equals("Namespace")))
          .forEach(o -> client.resource(o).forceConflicts().serverSideApply());
      bench.start();
      List<RawWorkload> workloads =
          client.resources(RawWorkload.class).inAnyNamespace().list().getItems().stream()
              .filter(w -> namespaces.contains(w.getMetadata().getNamespace()))
              .toList();
      assertThat(workloads).hasSize(namespaces.size());
      workloads.forEach(w -> bench.awaitCondition(w, "Accepted", "True/Accepted"));
    } finally {
      namespaces.forEach(n -> client.namespaces().withName(n).delete());
    }
  }

  /** As the comment in the file says: name the components, build, apply. */
  @Test
  void theOverridesAreAddedByKustomize(@TempDir Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(DEPLOY.resolve("policies"))) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Path to = folder.resolve(DEPLOY.resolve("policies").relativize(file).toString());
        Files.createDirectories(to.getParent());
        Files.writeString(to, Files.readString(file).replace("# components: ", "components: "));
      }
    }
    try (Bench bench = new Bench(plane, Set.of("nowhere"))) {
      bench.start();
      Shell shell = Shell.with(plane.kubeconfig());
      shell.run(plane.kubectl().toString(), "apply", "-k", folder.toString()).ok();
      RawPolicy policy = client.resources(RawPolicy.class).withName("default").require();
      assertThat(policy.spec().path("overrides")).hasSize(3);
      Bench.until(
          "the policy is in force",
          () ->
              client
                  .resources(RawPolicy.class)
                  .withName("default")
                  .require()
                  .status()
                  .toString()
                  .contains("InForce"));
    }
  }

  /** Two applications of the same files: the second changes nothing. */
  @Test
  void applyingTwiceChangesNothing(TestNamespace namespace, @TempDir Path folder)
      throws IOException {
    try (Bench bench = new Bench(plane, Set.of("nowhere"))) {
      Shell shell = Shell.with(plane.kubeconfig());
      String file =
          Files.writeString(
                  folder.resolve("example.yaml"),
                  Files.readString(DEPLOY.resolve("examples/several-tenants.yaml"))
                      .replace("platform-chat", namespace.name()))
              .toString();
      String policy = DEPLOY.resolve("examples/policy.yaml").toString();
      String kubectl = plane.kubectl().toString();
      shell.run(kubectl, "apply", "--server-side", "-f", policy, "-f", file).ok();
      shell.run(kubectl, "apply", "--server-side", "-f", policy, "-f", file).ok();
      List<String> before = versions();
      shell.run(kubectl, "apply", "--server-side", "-f", policy, "-f", file).ok();
      assertThat(versions()).isEqualTo(before);
      assertThat(bench.client()).isNotNull();
      client.resources(RawWorkload.class).inNamespace(namespace.name()).delete();
    }
  }

  private List<String> versions() {
    return Stream.of("vllmdeployments", "trustedmodels", "vllmpolicies")
        .flatMap(
            plural ->
                client
                    .genericKubernetesResources(
                        new io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext
                                .Builder()
                            .withGroup("ringfence.dev")
                            .withVersion("v1alpha1")
                            .withPlural(plural)
                            .withNamespaced(plural.equals("vllmdeployments"))
                            .build())
                    .inAnyNamespace()
                    .list()
                    .getItems()
                    .stream())
        .map(GenericKubernetesResource::getMetadata)
        .map(m -> m.getName() + " " + m.getResourceVersion())
        .sorted()
        .toList();
  }
}
