package dev.ringfence.e2e.admission;

import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.ringfence.api.v1alpha1.Crd;
import dev.ringfence.e2e.cluster.Definitions;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Puts what {@code deploy/admission} holds on an API server. */
final class Installed {
  static final YAMLMapper YAML = new YAMLMapper();
  static final Path DEPLOY = Path.of("../deploy/admission");
  static final String OPERATOR = "system:serviceaccount:ringfence-system:ringfence-operator";

  private Installed() {}

  static List<ObjectNode> documents(Path file) {
    try (MappingIterator<JsonNode> documents =
        YAML.readerFor(JsonNode.class).readValues(file.toFile())) {
      return documents.readAll().stream().map(ObjectNode.class::cast).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(file.toString(), e);
    }
  }

  static void apply(KubernetesClient client, ObjectNode object) {
    client.resource(resource(object)).fieldManager("install").forceConflicts().serverSideApply();
  }

  static GenericKubernetesResource resource(ObjectNode object) {
    return YAML.convertValue(object, GenericKubernetesResource.class);
  }

  static void definitions(KubernetesClient client) {
    for (Crd crd : Crd.values()) {
      try {
        apply(client, (ObjectNode) YAML.readTree(crd.yaml()));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    for (Crd crd : Crd.values()) {
      client
          .apiextensions()
          .v1()
          .customResourceDefinitions()
          .withName(crd.objectName())
          .waitUntilCondition(Definitions::established, 30, TimeUnit.SECONDS);
    }
  }

  static void namespace(KubernetesClient client, String name, Map<String, String> labels) {
    client
        .resource(
            new NamespaceBuilder()
                .withNewMetadata()
                .withName(name)
                .withLabels(labels)
                .endMetadata()
                .build())
        .serverSideApply();
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> client.serviceAccounts().inNamespace(name).withName("default").get() != null);
  }

  static void policies(KubernetesClient client, String... files) {
    for (String file : files) {
      documents(DEPLOY.resolve(file)).forEach(object -> apply(client, object));
    }
  }

  /** The webhook configuration with an address of this machine instead of the Service. */
  static void webhook(KubernetesClient client, int port) {
    ObjectNode configuration =
        documents(DEPLOY.resolve("webhook.yaml")).stream()
            .filter(o -> o.path("kind").asText().equals("ValidatingWebhookConfiguration"))
            .findFirst()
            .orElseThrow();
    configuration
        .path("webhooks")
        .forEach(
            w -> {
              String path = w.path("clientConfig").path("service").path("path").asText();
              ObjectNode where = ((ObjectNode) w).putObject("clientConfig");
              where.put("url", "https://127.0.0.1:" + port + path);
            });
    apply(client, configuration);
  }

  /** Policies and webhooks are in force a moment after they are stored. */
  static void awaitRefusal(Runnable refused, String text) {
    await()
        .pollInterval(Duration.ofMillis(200))
        .atMost(Duration.ofSeconds(60))
        .untilAsserted(
            () ->
                assertThatThrownBy(refused::run)
                    .isInstanceOf(KubernetesClientException.class)
                    .hasMessageContaining(text));
  }
}
