package dev.ringfence.inspect;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.ringfence.api.v1alpha1.Crd;
import dev.ringfence.rules.Rule;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * A workload and everything of it on the cluster, as whoever asks may see it.
 *
 * @param workload the VLLMDeployment
 * @param model the TrustedModel that it names
 * @param namespace its namespace
 * @param children by kind: what carries the workload's label, sorted by name
 * @param nodes on which its pods run, by name
 * @param secrets metadata alone, by name
 */
public record Subject(
    JsonNode workload,
    Answer model,
    Answer namespace,
    Map<Kind, Answer> children,
    Map<String, Answer> nodes,
    Map<String, Answer> secrets) {

  /** The kinds that are rendered, and the pods that come of them. */
  public enum Kind {
    PersistentVolumeClaim("/api/v1", "persistentvolumeclaims"),
    Job("/apis/batch/v1", "jobs"),
    Deployment("/apis/apps/v1", "deployments"),
    Pod("/api/v1", "pods"),
    Service("/api/v1", "services"),
    ConfigMap("/api/v1", "configmaps"),
    NetworkPolicy("/apis/networking.k8s.io/v1", "networkpolicies"),
    PodDisruptionBudget("/apis/policy/v1", "poddisruptionbudgets"),
    ServiceAccount("/api/v1", "serviceaccounts");

    private final String group;
    private final String plural;

    Kind(String group, String plural) {
      this.group = group;
      this.plural = plural;
    }

    String path(String namespace) {
      return group + "/namespaces/" + namespace + "/" + plural;
    }
  }

  /** A condition of a status; all empty when it is not there. */
  record Condition(String type, String status, String reason, String message) {
    boolean holds() {
      return status.equals("True");
    }
  }

  static final String WORKLOAD_LABEL = "ringfence.dev/workload";
  static final String TENANT_LABEL = "ringfence.dev/tenant";
  private static final String OURS = "/apis/" + Crd.GROUP + "/" + Crd.VERSION + "/";
  private static final Pattern NAME = Pattern.compile("[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?");
  private static final Pattern RULE = Pattern.compile("VLLM-[0-9]{3}");

  /**
   * @throws Unreachable when there is no such workload, or it may not be read
   */
  public static Subject read(Api api, String namespace, String name) {
    if (!NAME.matcher(name).matches()) {
      throw new Unreachable("the name of a workload has lower-case letters, digits and dashes");
    }
    JsonNode workload =
        switch (api.get(OURS + "namespaces/" + namespace + "/vllmdeployments/" + name)) {
          case Answer.Found found -> found.json();
          case Answer.Absent ignored ->
              throw new Unreachable(
                  "there is no VLLMDeployment "
                      + name
                      + " in "
                      + namespace
                      + "; kubectl get vllm -A shows all");
          case Answer.Forbidden ignored ->
              throw new Unreachable(
                  "you may not read VLLMDeployments in "
                      + namespace
                      + "; the ClusterRole ringfence-viewer allows it");
        };
    Map<Kind, Answer> children = new LinkedHashMap<>();
    for (Kind kind : Kind.values()) {
      children.put(kind, api.list(kind.path(namespace), WORKLOAD_LABEL + "=" + name));
    }
    String model = workload.path("spec").path("model").path("ref").asText("");
    Map<String, Answer> nodes = new TreeMap<>();
    children
        .getOrDefault(Kind.Pod, new Answer.Absent())
        .items()
        .map(p -> p.path("spec").path("nodeName").asText(""))
        .filter(n -> !n.isEmpty())
        .distinct()
        .forEach(n -> nodes.put(n, api.get("/api/v1/nodes/" + n)));
    Map<String, Answer> secrets = new TreeMap<>();
    secretNames(workload)
        .filter(s -> NAME.matcher(s).matches())
        .distinct()
        .forEach(
            s -> secrets.put(s, api.metadata("/api/v1/namespaces/" + namespace + "/secrets/" + s)));
    return new Subject(
        workload,
        NAME.matcher(model).matches()
            ? api.get(OURS + "trustedmodels/" + model)
            : new Answer.Absent(),
        api.get("/api/v1/namespaces/" + namespace),
        children,
        nodes,
        secrets);
  }

  private static Stream<String> secretNames(JsonNode workload) {
    List<String> names = new ArrayList<>();
    for (JsonNode tenant : workload.path("spec").path("tenants")) {
      names.add(tenant.path("apiKeySecretRef").path("name").asText(""));
      names.add(tenant.path("tlsSecretName").asText(""));
    }
    names.add(workload.path("spec").path("model").path("tokenSecretRef").path("name").asText(""));
    return names.stream();
  }

  String name() {
    return workload.path("metadata").path("name").asText();
  }

  /** {@code namespace/name}. */
  String title() {
    return workload.path("metadata").path("namespace").asText() + "/" + name();
  }

  /** Whether the status is of what stands in the specification now. */
  boolean observed() {
    return workload.path("status").path("observedGeneration").asLong(-1)
        == workload.path("metadata").path("generation").asLong();
  }

  List<Condition> conditions() {
    List<Condition> conditions = new ArrayList<>();
    for (JsonNode c : workload.path("status").path("conditions")) {
      conditions.add(
          new Condition(
              c.path("type").asText(),
              c.path("status").asText(),
              c.path("reason").asText(),
              plain(c.path("message").asText())));
    }
    return conditions;
  }

  Condition condition(String type) {
    return conditions().stream()
        .filter(c -> c.type().equals(type))
        .findFirst()
        .orElse(new Condition(type, "", "", ""));
  }

  /** The tenants of the specification. */
  List<JsonNode> tenants() {
    List<JsonNode> tenants = new ArrayList<>();
    workload.path("spec").path("tenants").forEach(tenants::add);
    return tenants;
  }

  /** What the status says of a tenant; missing when it says nothing. */
  JsonNode tenantStatus(String tenant) {
    for (JsonNode t : workload.path("status").path("tenants")) {
      if (t.path("name").asText().equals(tenant)) {
        return t;
      }
    }
    return MissingNode.getInstance();
  }

  /** Children of a kind that belong to a tenant; with an empty name those that belong to none. */
  List<JsonNode> children(Kind kind, String tenant) {
    return children
        .getOrDefault(kind, new Answer.Absent())
        .items()
        .filter(c -> c.path("metadata").path("labels").path(TENANT_LABEL).asText("").equals(tenant))
        .toList();
  }

  boolean hidden(Kind kind) {
    return children.getOrDefault(kind, new Answer.Absent()).forbidden();
  }

  static Stream<JsonNode> items(JsonNode list) {
    return StreamSupport.stream(list.spliterator(), false);
  }

  static String nameOf(JsonNode object) {
    return object.path("metadata").path("name").asText();
  }

  /** Text from a cluster must not write to a terminal as it likes; line breaks stay. */
  static String plain(String text) {
    return text.replaceAll("[\\p{Cc}\\p{Cf}&&[^\n]]+", " ");
  }

  /** The rules that a text names, in their order. */
  static List<Rule> rulesIn(String text) {
    List<Rule> rules = new ArrayList<>();
    Matcher m = RULE.matcher(text);
    while (m.find()) {
      Optional<Rule> rule = Rule.byId(m.group());
      rule.filter(r -> !rules.contains(r)).ifPresent(rules::add);
    }
    rules.sort(null);
    return rules;
  }

  /** Where to read on about the rules that a page names. */
  static List<String> pages(String page) {
    return rulesIn(page).stream()
        .map(r -> "  " + r.id() + " " + r.title() + ": docs/rules/" + r.id() + ".md")
        .toList();
  }
}
