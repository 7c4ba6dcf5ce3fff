package dev.ringfence.doctor;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ringfence.api.v1alpha1.Crd;
import dev.ringfence.inspect.Answer;
import dev.ringfence.inspect.Api;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Everything that the doctor looks at, as it was answered.
 *
 * @param system the operator's own namespace
 * @param definitions by the name of the CustomResourceDefinition
 * @param namespaces those that are examined, by name
 * @param workloads of the examined namespaces
 * @param secrets metadata alone, by {@code namespace/name}: those that workloads and policy name
 */
public record Facts(
    String server,
    String system,
    Answer version,
    Map<String, Answer> definitions,
    Answer operators,
    Answer lease,
    Answer admissionPolicies,
    Answer admissionBindings,
    Answer webhook,
    Answer policy,
    Answer argumentTables,
    Answer models,
    Answer nodes,
    Answer runtimeClasses,
    Answer priorityClasses,
    Answer storageClasses,
    Map<String, Answer> namespaces,
    Answer workloads,
    Map<String, Answer> secrets) {
  private static final String OURS = "/apis/" + Crd.GROUP + "/" + Crd.VERSION + "/";
  private static final String ADMISSION = "/apis/admissionregistration.k8s.io/v1/";

  /**
   * @param namespace the only one to examine; empty for every one that has a workload
   */
  public static Facts read(Api api, String system, Optional<String> namespace) {
    Map<String, Answer> definitions = new LinkedHashMap<>();
    for (Crd crd : Crd.values()) {
      definitions.put(
          crd.objectName(),
          api.get("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/" + crd.objectName()));
    }
    Answer policy = api.get(OURS + Crd.VLLM_POLICY.plural() + "/default");
    String tables = policy.json().path("spec").path("engine").path("argumentTables").asText("");
    Answer workloads =
        api.list(
            OURS
                + namespace.map(n -> "namespaces/" + n + "/").orElse("")
                + Crd.VLLM_DEPLOYMENT.plural());
    Set<String> names = new TreeSet<>();
    namespace.ifPresent(names::add);
    workloads.items().forEach(w -> names.add(w.path("metadata").path("namespace").asText()));
    Map<String, Answer> namespaces = new LinkedHashMap<>();
    names.forEach(n -> namespaces.put(n, api.get("/api/v1/namespaces/" + n)));
    return new Facts(
        api.server(),
        system,
        api.get("/version"),
        definitions,
        api.list(
            "/apis/apps/v1/namespaces/" + system + "/deployments",
            "app.kubernetes.io/name=ringfence,app.kubernetes.io/component=operator"),
        api.get("/apis/coordination.k8s.io/v1/namespaces/" + system + "/leases/ringfence-operator"),
        api.list(ADMISSION + "validatingadmissionpolicies"),
        api.list(ADMISSION + "validatingadmissionpolicybindings"),
        api.get(ADMISSION + "validatingwebhookconfigurations/ringfence"),
        policy,
        tables.isEmpty()
            ? new Answer.Absent()
            : api.get("/api/v1/namespaces/" + system + "/configmaps/" + tables),
        api.list(OURS + Crd.TRUSTED_MODEL.plural()),
        api.list("/api/v1/nodes"),
        api.list("/apis/node.k8s.io/v1/runtimeclasses"),
        api.list("/apis/scheduling.k8s.io/v1/priorityclasses"),
        api.list("/apis/storage.k8s.io/v1/storageclasses"),
        namespaces,
        workloads,
        secrets(api, policy.json(), workloads, names));
  }

  private static Map<String, Answer> secrets(
      Api api, JsonNode policy, Answer workloads, Set<String> namespaces) {
    Set<String> names = new TreeSet<>();
    for (String namespace : namespaces) {
      policy
          .path("spec")
          .path("engine")
          .path("imagePullSecrets")
          .forEach(s -> names.add(namespace + "/" + s.asText()));
    }
    workloads
        .items()
        .forEach(
            w -> {
              String namespace = w.path("metadata").path("namespace").asText() + "/";
              JsonNode spec = w.path("spec");
              for (JsonNode tenant : spec.path("tenants")) {
                add(names, namespace, tenant.path("apiKeySecretRef").path("name"));
                add(names, namespace, tenant.path("tlsSecretName"));
              }
              add(names, namespace, spec.path("model").path("tokenSecretRef").path("name"));
            });
    Map<String, Answer> secrets = new LinkedHashMap<>();
    for (String key : names) {
      int slash = key.indexOf('/');
      secrets.put(
          key,
          api.metadata(
              "/api/v1/namespaces/"
                  + key.substring(0, slash)
                  + "/secrets/"
                  + key.substring(slash + 1)));
    }
    return secrets;
  }

  private static void add(Set<String> names, String namespace, JsonNode name) {
    // What is no name of an object would be another path.
    if (name.isTextual() && name.textValue().matches("[a-z0-9]([a-z0-9.-]*[a-z0-9])?")) {
      names.add(namespace + name.textValue());
    }
  }
}
