package dev.ringfence.e2e.render;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ringfence.e2e.cluster.TestNamespace;
import dev.ringfence.e2e.cluster.WithControlPlane;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.FieldValidateable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/**
 * The renderer's golden files on a real API server, in a namespace that enforces the {@code
 * restricted} level: strictly decoded, stored in the spelling in which they were sent, and quiet
 * when they are applied again.
 */
@WithControlPlane
final class RenderedObjectsIT {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Path EXAMPLES = Path.of("../operator/src/test/resources/render");

  private final KubernetesClient client;
  private final TestNamespace namespace;

  RenderedObjectsIT(KubernetesClient client, TestNamespace namespace) {
    this.client = client;
    this.namespace = namespace;
  }

  static List<Path> examples() throws IOException {
    try (Stream<Path> folders = Files.list(EXAMPLES)) {
      return folders.map(f -> f.resolve("expected.yaml")).filter(Files::exists).sorted().toList();
    }
  }

  @ParameterizedTest
  @MethodSource("examples")
  void areStoredAsTheyWereSent(Path example) {
    List<ObjectNode> objects = objects(example);
    assertThat(objects).isNotEmpty();
    for (ObjectNode object : objects) {
      GenericKubernetesResource sent = JSON.convertValue(object, GenericKubernetesResource.class);
      GenericKubernetesResource first = apply(sent);
      List<String> changed = new ArrayList<>();
      missing(object, JSON.valueToTree(first), object.get("kind").asText(), changed);
      assertThat(changed).isEmpty();

      // Controllers write too (a Job's status, a Deployment's annotation): what is ours stays.
      GenericKubernetesResource second = apply(sent);
      assertThat(second.getMetadata().getGeneration())
          .as("applying %s again changes nothing", object.get("kind"))
          .isEqualTo(first.getMetadata().getGeneration());
    }
  }

  /** The other way of putting an object back: in whole, on what is live. */
  @ParameterizedTest
  @MethodSource("examples")
  void replacingThemIsNoChange(Path example) {
    for (ObjectNode object : objects(example)) {
      if (!object.get("kind").asText().equals("Deployment")) {
        continue;
      }
      GenericKubernetesResource ours = JSON.convertValue(object, GenericKubernetesResource.class);
      JsonNode live = JSON.valueToTree(apply(ours));
      // The Deployment's own controller writes too, and then this write meets a conflict.
      await()
          .ignoreExceptionsMatching(
              e -> e instanceof KubernetesClientException k && k.getCode() == 409)
          .untilAsserted(
              () -> {
                JsonNode stored = JSON.valueToTree(client.resource(ours).dryRun().update());
                assertThat(stored.get("spec")).isEqualTo(live.get("spec"));
              });
    }
  }

  /** Pods pass Pod Security, are scheduled onto nodes with GPUs, and have what a kubelet adds. */
  @Test
  void becomePods() {
    for (ObjectNode object : objects(EXAMPLES.resolve("image-awq/expected.yaml"))) {
      apply(JSON.convertValue(object, GenericKubernetesResource.class));
    }
    await()
        .atMost(Duration.ofSeconds(60))
        .untilAsserted(
            () -> {
              List<Pod> pods = client.pods().inNamespace(namespace.name()).list().getItems();
              assertThat(pods).hasSize(3);
              assertThat(pods)
                  .allSatisfy(
                      p -> {
                        assertThat(p.getSpec().getNodeName()).startsWith("gpu-");
                        assertThat(p.getStatus().getQosClass()).isEqualTo("Guaranteed");
                        assertThat(p.getSpec().getVolumes())
                            .as("no token, nothing injected")
                            .noneMatch(v -> v.getProjected() != null)
                            .anyMatch(v -> v.getImage() != null);
                      });
            });
  }

  private GenericKubernetesResource apply(GenericKubernetesResource object) {
    return client
        .resource(object)
        .fieldValidation(FieldValidateable.Validation.STRICT)
        .forceConflicts()
        .serverSideApply();
  }

  private List<ObjectNode> objects(Path file) {
    try {
      Iterable<Object> documents =
          new Yaml(new SafeConstructor(new LoaderOptions())).loadAll(Files.readString(file));
      return StreamSupport.stream(documents.spliterator(), false)
          .map(d -> (ObjectNode) JSON.valueToTree(d))
          .map(
              o -> {
                o.withObject("/metadata").put("namespace", namespace.name());
                return o;
              })
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Collects what was sent and is not there, or is there in another spelling. */
  private static void missing(JsonNode sent, JsonNode stored, String path, List<String> out) {
    if (sent.isObject()) {
      sent.properties()
          .forEach(
              e -> missing(e.getValue(), stored.path(e.getKey()), path + "." + e.getKey(), out));
    } else if (sent.isArray() && stored.isArray() && sent.size() == stored.size()) {
      for (int i = 0; i < sent.size(); i++) {
        missing(sent.get(i), stored.get(i), path + "[" + i + "]", out);
      }
    } else if (!sent.asText().equals(stored.asText()) || sent.isArray() != stored.isArray()) {
      out.add(path + ": sent " + sent + ", stored " + stored);
    }
  }
}
