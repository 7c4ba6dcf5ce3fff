package dev.ringfence.e2e.cluster;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * What is kept of a failed test: {@code target/remains/<class>.<method>/}, with objects, Events and
 * the logs of every container, the former one's too. No Secret.
 */
final class Remains {
  private Remains() {}

  /** Never fails: what cannot be had is said in the folder. */
  static Path keep(TestCluster cluster, ExtensionContext context) {
    var name =
        context.getRequiredTestClass().getSimpleName()
            + context.getTestMethod().map(method -> "." + method.getName()).orElse("");
    var folder = Path.of("target", "remains", name).toAbsolutePath();
    try {
      Folders.delete(folder);
      Files.createDirectories(folder);
      objects(cluster.client(), folder);
      logs(cluster.client(), Files.createDirectories(folder.resolve("pods")));
      cluster.exportLogs(Files.createDirectories(folder.resolve("nodes")));
    } catch (IOException | RuntimeException e) {
      try {
        Files.writeString(folder.resolve("incomplete"), String.valueOf(e.getMessage()) + "\n");
      } catch (IOException alsoThat) {
        e.addSuppressed(alsoThat);
      }
    }
    return folder;
  }

  private static void objects(KubernetesClient client, Path folder) throws IOException {
    Stream<String> kinds =
        Stream.of(
            "v1/Node",
            "v1/Namespace",
            "v1/Pod",
            "v1/Service",
            "v1/ConfigMap",
            "v1/PersistentVolume",
            "v1/PersistentVolumeClaim",
            "v1/Event",
            "apps/v1/Deployment",
            "apps/v1/ReplicaSet",
            "apps/v1/ControllerRevision",
            "batch/v1/Job",
            "networking.k8s.io/v1/NetworkPolicy",
            "policy/v1/PodDisruptionBudget",
            "ringfence.dev/v1alpha1/VLLMDeployment",
            "ringfence.dev/v1alpha1/VLLMPolicy",
            "ringfence.dev/v1alpha1/TrustedModel");
    for (var kind : kinds.toList()) {
      int cut = kind.lastIndexOf('/');
      var file = folder.resolve(kind.substring(cut + 1) + ".yaml");
      try {
        List<? extends HasMetadata> all =
            client
                .genericKubernetesResources(kind.substring(0, cut), kind.substring(cut + 1))
                .inAnyNamespace()
                .list()
                .getItems();
        all.forEach(each -> each.getMetadata().setManagedFields(List.of()));
        Files.writeString(
            file, all.stream().map(Serialization::asYaml).collect(Collectors.joining("")));
      } catch (KubernetesClientException e) {
        Files.writeString(file, "# " + e.getMessage() + "\n");
      }
    }
  }

  private static void logs(KubernetesClient client, Path folder) {
    for (var pod : client.pods().inAnyNamespace().list().getItems()) {
      for (var container : containers(pod).toList()) {
        for (boolean former : new boolean[] {false, true}) {
          var file =
              folder.resolve(
                  "%s.%s.%s%s.log"
                      .formatted(
                          pod.getMetadata().getNamespace(),
                          pod.getMetadata().getName(),
                          container,
                          former ? ".former" : ""));
          var of =
              client
                  .pods()
                  .inNamespace(pod.getMetadata().getNamespace())
                  .withName(pod.getMetadata().getName())
                  .inContainer(container);
          try {
            var text = former ? of.terminated().getLog() : of.getLog();
            if (text != null && !text.isEmpty()) {
              Files.writeString(file, text);
            }
          } catch (KubernetesClientException e) {
            // Not started, or never restarted: there is no log.
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        }
      }
    }
  }

  private static Stream<String> containers(Pod pod) {
    return Stream.concat(
            pod.getSpec().getInitContainers().stream(), pod.getSpec().getContainers().stream())
        .map(container -> container.getName());
  }
}
