package dev.ringfence.e2e.crd;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.ringfence.api.v1alpha1.Crd;
import dev.ringfence.e2e.cluster.Definitions;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.FieldValidateable;
import io.fabric8.kubernetes.client.dsl.NamespaceableResource;
import io.fabric8.kubernetes.client.dsl.Resource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** What the suites of this package ask of an API server that has the CustomResourceDefinitions. */
final class ApiServer {
  private static final ObjectMapper JSON = new ObjectMapper();
  private final KubernetesClient client;
  private final String namespace;

  private ApiServer(KubernetesClient client, String namespace) {
    this.client = client;
    this.namespace = namespace;
  }

  /** Installs the definitions where they are not, and waits until they are served. */
  static ApiServer withDefinitions(KubernetesClient client, String namespace) {
    for (Crd crd : Crd.values()) {
      client
          .resource(
              client
                  .getKubernetesSerialization()
                  .unmarshal(crd.yaml(), CustomResourceDefinition.class))
          .forceConflicts()
          .serverSideApply();
    }
    for (Crd crd : Crd.values()) {
      client
          .apiextensions()
          .v1()
          .customResourceDefinitions()
          .withName(crd.objectName())
          .waitUntilCondition(Definitions::established, 30, TimeUnit.SECONDS);
    }
    return new ApiServer(client, namespace);
  }

  /** What stands stored after a create that is only tried, with unknown fields refused. */
  JsonNode tryCreate(JsonNode object) {
    return json(
        resource(object).dryRun().fieldValidation(FieldValidateable.Validation.STRICT).create());
  }

  JsonNode create(JsonNode object) {
    return json(resource(object).fieldValidation(FieldValidateable.Validation.STRICT).create());
  }

  JsonNode tryUpdate(JsonNode object) {
    return json(
        resource(object).dryRun().fieldValidation(FieldValidateable.Validation.STRICT).update());
  }

  JsonNode updateStatus(JsonNode object) {
    return json(resource(object).updateStatus());
  }

  /** Deletes an object where it is there, and waits until it is gone. */
  void delete(JsonNode object) {
    resource(object).withTimeout(30, TimeUnit.SECONDS).delete();
  }

  /**
   * What {@code kubectl get} shows of an object, without its name and age, as {@code Column: cell}.
   */
  List<String> cells(JsonNode object) {
    Crd crd = Example.crd(object);
    String scope = crd == Crd.VLLM_DEPLOYMENT ? "namespaces/" + namespace + "/" : "";
    String path =
        "apis/"
            + Crd.GROUP
            + "/"
            + Crd.VERSION
            + "/"
            + scope
            + crd.plural()
            + "/"
            + object.at("/metadata/name").asText();
    JsonNode table;
    try {
      table =
          JSON.readTree(
              client
                  .getHttpClient()
                  .sendAsync(
                      client
                          .getHttpClient()
                          .newHttpRequestBuilder()
                          .uri(client.getMasterUrl() + path)
                          .header("Accept", "application/json;as=Table;v=v1;g=meta.k8s.io")
                          .build(),
                      String.class)
                  .join()
                  .body());
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
    List<String> cells = new ArrayList<>();
    for (int i = 0; i < table.path("columnDefinitions").size(); i++) {
      JsonNode column = table.at("/columnDefinitions/" + i);
      String name = column.path("name").asText();
      if (column.path("priority").asInt() == 0 && !name.equals("Name") && !name.equals("Age")) {
        cells.add(name + ": " + table.at("/rows/0/cells/" + i).asText());
      }
    }
    return cells;
  }

  /** The lines that kubectl would print for a refusal. */
  static List<String> lines(KubernetesClientException refusal) {
    return refusal.getStatus().getDetails().getCauses().stream()
        .map(c -> c.getField() + ": " + c.getMessage())
        .toList();
  }

  private Resource<GenericKubernetesResource> resource(JsonNode object) {
    NamespaceableResource<GenericKubernetesResource> resource =
        client.resource(JSON.convertValue(object, GenericKubernetesResource.class));
    return Example.crd(object) == Crd.VLLM_DEPLOYMENT ? resource.inNamespace(namespace) : resource;
  }

  private static JsonNode json(GenericKubernetesResource resource) {
    return JSON.valueToTree(resource);
  }
}
