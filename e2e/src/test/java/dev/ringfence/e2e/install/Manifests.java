package dev.ringfence.e2e.install;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.ringfence.render.CanonicalYaml;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * What the chart renders, for those who do not use Helm: one file, and a Kustomize base. Without
 * what only Helm understands, and without the VLLMPolicy, whose kind is not served yet when such a
 * file is applied.
 */
final class Manifests {
  static final Path INSTALL = ChartFiles.CHECKOUT.resolve("deploy/install.yaml");
  static final Path BASE = ChartFiles.CHECKOUT.resolve("deploy/kustomize/base");

  /** Stands for the guard's digest, which only a release knows. */
  static final String DIGEST = "sha256:" + "0".repeat(64);

  private static final YAMLMapper YAML = new YAMLMapper();

  /** In which order, and in which file of the base. */
  private static final Map<String, String> FILES = files();

  private static final Set<String> HELM_ANNOTATIONS =
      Set.of(
          "helm.sh/resource-policy", "meta.helm.sh/release-name", "meta.helm.sh/release-namespace");

  private Manifests() {}

  private static Map<String, String> files() {
    Map<String, String> files = new LinkedHashMap<>();
    files.put("Namespace", "namespace.yaml");
    files.put("CustomResourceDefinition", "definitions.yaml");
    for (String kind :
        List.of("ServiceAccount", "ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding")) {
      files.put(kind, "rbac.yaml");
    }
    files.put("ValidatingAdmissionPolicy", "policies.yaml");
    files.put("ValidatingAdmissionPolicyBinding", "policies.yaml");
    for (String kind :
        List.of("Secret", "Service", "NetworkPolicy", "PodDisruptionBudget", "Deployment")) {
      files.put(kind, "operator.yaml");
    }
    files.put("ValidatingWebhookConfiguration", "webhook.yaml");
    return files;
  }

  /** What each file must be, by its path. */
  static Map<Path, String> made(Helm helm) {
    List<ObjectNode> objects = new ArrayList<>();
    objects.add(namespace());
    objects.addAll(rendered(helm));
    List<String> order = List.copyOf(FILES.keySet());
    objects.forEach(Manifests::strip);
    objects.removeIf(o -> kind(o).equals("VLLMPolicy"));
    for (ObjectNode object : objects) {
      if (!FILES.containsKey(kind(object))) {
        throw new IllegalStateException("no file for the kind " + kind(object));
      }
    }
    objects.sort(
        Comparator.<ObjectNode>comparingInt(o -> order.indexOf(kind(o)))
            .thenComparing(o -> o.path("metadata").path("name").asText()));
    Map<Path, String> files = new LinkedHashMap<>();
    files.put(
        INSTALL,
        """
        # Made from the chart in deploy/helm/ringfence. The guard's digest is a placeholder until a release fills it:
        #   sed 's|%s|DIGEST|' deploy/install.yaml | kubectl apply --server-side -f -
        """
                .formatted(DIGEST)
            + yaml(objects));
    Map<String, List<ObjectNode>> base = new TreeMap<>();
    for (ObjectNode object : objects) {
      base.computeIfAbsent(FILES.getOrDefault(kind(object), ""), f -> new ArrayList<>())
          .add(object);
    }
    StringBuilder kustomization =
        new StringBuilder(
            """
            # Made from the chart in deploy/helm/ringfence. An overlay sets the images: ../example.
            apiVersion: kustomize.config.k8s.io/v1beta1
            kind: Kustomization
            resources:
            """);
    FILES.values().stream()
        .distinct()
        .forEach(f -> kustomization.append("- ").append(f).append('\n'));
    files.put(BASE.resolve("kustomization.yaml"), kustomization.toString());
    base.forEach(
        (file, members) ->
            files.put(
                BASE.resolve(file),
                "# Made from the chart in deploy/helm/ringfence.\n" + yaml(members)));
    return files;
  }

  /** The chart with the values of everybody, as Helm would send it to an empty cluster. */
  private static List<ObjectNode> rendered(Helm helm) {
    return documents(
        helm.run(
            "template",
            ChartFiles.RELEASE,
            ChartFiles.CHART.toString(),
            "--namespace=" + ChartFiles.NAMESPACE,
            "--include-crds",
            "--kube-version=1.36.0",
            "--set=guard.image.digest=" + DIGEST));
  }

  static List<ObjectNode> documents(String text) {
    try (MappingIterator<JsonNode> documents = YAML.readerFor(JsonNode.class).readValues(text)) {
      List<ObjectNode> objects = new ArrayList<>();
      while (documents.hasNext()) {
        if (documents.next() instanceof ObjectNode object && !object.isEmpty()) {
          objects.add(object);
        }
      }
      return objects;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static String kind(ObjectNode object) {
    return object.path("kind").asText();
  }

  private static ObjectNode namespace() {
    ObjectNode namespace = YAML.createObjectNode();
    namespace.put("apiVersion", "v1").put("kind", "Namespace");
    ObjectNode metadata = namespace.putObject("metadata").put("name", ChartFiles.NAMESPACE);
    metadata
        .putObject("labels")
        .put("app.kubernetes.io/part-of", "ringfence")
        .put("pod-security.kubernetes.io/enforce", "restricted");
    return namespace;
  }

  private static void strip(ObjectNode object) {
    strip(object.path("metadata"));
    strip(object.path("spec").path("template").path("metadata"));
  }

  private static void strip(JsonNode metadata) {
    if (metadata.path("labels") instanceof ObjectNode labels) {
      labels.remove("helm.sh/chart");
      if (labels.path("app.kubernetes.io/managed-by").asText().equals("Helm")) {
        labels.remove("app.kubernetes.io/managed-by");
      }
    }
    if (metadata.path("annotations") instanceof ObjectNode annotations) {
      annotations.remove(HELM_ANNOTATIONS);
      if (annotations.isEmpty() && metadata instanceof ObjectNode of) {
        of.remove("annotations");
      }
    }
  }

  private static String yaml(List<ObjectNode> objects) {
    return CanonicalYaml.write(
        objects.stream().map(o -> YAML.convertValue(o, GenericKubernetesResource.class)).toList());
  }
}
