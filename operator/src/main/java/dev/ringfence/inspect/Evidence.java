package dev.ringfence.inspect;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ringfence.inspect.Subject.Condition;
import dev.ringfence.rules.Rule;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * For each rule that leaves a trace on the cluster: where it was looked for, and what was seen.
 * Read from live pods and from what the guards have said, not from what the renderer would make.
 */
public final class Evidence {
  /** What a look came to. */
  public enum Seen {
    YES("kept"),
    NO("BROKEN"),
    /** Nothing runs, or nobody has said. */
    UNKNOWN("?");

    private final String text;

    Seen(String text) {
      this.text = text;
    }
  }

  /**
   * One look.
   *
   * @param where at which object
   * @param what was found there
   */
  public record Row(Rule rule, String tenant, Seen seen, String where, String what) {}

  private static final Set<String> OURS = Set.of("engine", "guard", "verify");
  private static final Set<String> VOLUMES =
      Set.of("emptyDir", "configMap", "secret", "image", "persistentVolumeClaim");

  private final Subject subject;
  private final List<Row> rows = new ArrayList<>();

  private Evidence(Subject subject) {
    this.subject = subject;
  }

  public static List<Row> of(Subject subject) {
    Evidence evidence = new Evidence(subject);
    subject.tenants().forEach(t -> evidence.tenant(t.path("name").asText()));
    evidence.workload();
    evidence.rows.sort(Comparator.comparing(Row::rule).thenComparing(Row::tenant));
    return List.copyOf(evidence.rows);
  }

  /** 1 when something is seen that breaks a rule. */
  public static int exitCode(List<Row> rows) {
    return rows.stream().anyMatch(r -> r.seen() == Seen.NO) ? 1 : 0;
  }

  private void tenant(String name) {
    TenantView view = TenantView.of(subject, name);
    new EngineLooks(view, rows).all();
    pod(view);
    guard(view);
  }

  private void add(TenantView view, Rule rule, boolean kept, String where, String what) {
    rows.add(row(view, rule, kept, where, what));
  }

  static Row row(TenantView view, Rule rule, boolean kept, String where, String what) {
    Seen seen = view.pods().isEmpty() ? Seen.UNKNOWN : kept ? Seen.YES : Seen.NO;
    return new Row(
        rule,
        view.tenant(),
        seen,
        where,
        view.pods().isEmpty() ? "no engine has been made" : Subject.plain(what));
  }

  private void pod(TenantView view) {
    Set<String> kinds = new TreeSet<>();
    for (JsonNode volume : view.volumes()) {
      volume.fieldNames().forEachRemaining(f -> kinds.add(f));
    }
    kinds.remove("name");
    boolean modelReadOnly =
        view.everyContainer(
            c -> {
              for (JsonNode mount : c.path("volumeMounts")) {
                if (mount.path("name").asText().equals("model")
                    && !mount.path("readOnly").asBoolean(false)) {
                  return false;
                }
              }
              return true;
            });
    add(
        view,
        Rule.VLLM_105,
        modelReadOnly && VOLUMES.containsAll(kinds),
        "pod volumes",
        String.join(", ", kinds) + (modelReadOnly ? "; the model read-only" : "; MODEL WRITABLE"));
    add(
        view,
        Rule.VLLM_701,
        images(view),
        "pod images, as they were pulled",
        view.engines().stream()
            .map(e -> e.path("image").asText())
            .distinct()
            .collect(Collectors.joining(", ")));
    add(
        view,
        Rule.VLLM_702,
        view.everyPod(
                p ->
                    p.path("securityContext").path("runAsNonRoot").asBoolean(false)
                        && p.path("securityContext")
                            .path("seccompProfile")
                            .path("type")
                            .asText()
                            .equals("RuntimeDefault"))
            && view.everyContainer(Evidence::restricted),
        "securityContext of pod and containers",
        "non-root "
            + view.pods().stream()
                .map(p -> p.path("securityContext").path("runAsUser").asText("?"))
                .distinct()
                .collect(Collectors.joining(", "))
            + ", read-only root, no capability, seccomp RuntimeDefault");
    add(
        view,
        Rule.VLLM_703,
        view.everyPod(
                p ->
                    !p.path("hostNetwork").asBoolean(false)
                        && !p.path("hostPID").asBoolean(false)
                        && !p.path("hostIPC").asBoolean(false))
            && !kinds.contains("hostPath"),
        "pod",
        "no host namespace, no hostPath");
    add(
        view,
        Rule.VLLM_704,
        view.everyPod(
            p ->
                p.has("automountServiceAccountToken")
                    && !p.path("automountServiceAccountToken").asBoolean(true)
                    && !kinds.contains("projected")),
        "pod",
        "no service account token is mounted");
    add(
        view,
        Rule.VLLM_705,
        view.everyPod(p -> !p.path("enableServiceLinks").asBoolean(true)),
        "pod",
        "enableServiceLinks=false");
    add(
        view,
        Rule.VLLM_708,
        view.everyContainer(
            c ->
                c.path("resources").path("limits").hasNonNull("memory")
                    && c.path("resources")
                        .path("limits")
                        .path("memory")
                        .equals(c.path("resources").path("requests").path("memory"))),
        "resources of every container",
        "memory request equals limit");
    Set<String> names =
        view.containers().stream()
            .map(c -> c.path("name").asText())
            .collect(Collectors.toCollection(TreeSet::new));
    add(view, Rule.VLLM_710, OURS.containsAll(names), "containers", String.join(", ", names));
    boolean plain =
        view.everyContainer(
            c -> {
              for (JsonNode variable : c.path("env")) {
                if (variable.has("valueFrom")) {
                  return false;
                }
              }
              return c.path("envFrom").isEmpty();
            });
    add(
        view,
        Rule.VLLM_508,
        plain,
        "environment of every container",
        plain ? "literal values of ours, none from a Secret" : "A VALUE COMES FROM AN OBJECT");
  }

  /** What was pulled has the digest that was asked for; before that, that one was asked for. */
  private static boolean images(TenantView view) {
    return view.everyContainer(c -> c.path("image").asText().contains("@sha256:"))
        && view.live().stream()
            .flatMap(p -> Subject.items(p.path("status").path("containerStatuses")))
            .allMatch(
                s -> {
                  String pulled = s.path("imageID").asText("");
                  String asked = s.path("image").asText("");
                  int digest = asked.indexOf("@sha256:");
                  return pulled.isEmpty() || digest < 0 || pulled.endsWith(asked.substring(digest));
                });
  }

  private static boolean restricted(JsonNode container) {
    JsonNode context = container.path("securityContext");
    boolean dropsAll = false;
    for (JsonNode drop : context.path("capabilities").path("drop")) {
      dropsAll |= drop.asText().equals("ALL");
    }
    return dropsAll
        && context.path("capabilities").path("add").isEmpty()
        && context.path("readOnlyRootFilesystem").asBoolean(false)
        && !context.path("allowPrivilegeEscalation").asBoolean(true)
        && !context.path("privileged").asBoolean(false);
  }

  private void guard(TenantView view) {
    JsonNode limits = view.guardPolicy().path("limits");
    JsonNode contract = view.guardPolicy().path("contract");
    String where = "guard.json";
    boolean read = limits.isObject() && contract.isObject();
    limit(view, Rule.VLLM_302, read, limits, "maxOutputTokens");
    limit(view, Rule.VLLM_303, read, limits, "requestsPerMinute");
    limit(view, Rule.VLLM_304, read, limits, "maxConcurrentRequests");
    limit(view, Rule.VLLM_305, read, limits, "tokensPerMinute");
    limit(view, Rule.VLLM_502, read, limits, "maxPromptCharacters");
    rows.add(
        new Row(
            Rule.VLLM_504,
            view.tenant(),
            read ? Seen.YES : Seen.UNKNOWN,
            where,
            limits.path("denyPatterns").size()
                + " patterns, "
                + limits.path("denyPatternsMode").asText("?")));
    List<String> endpoints = new ArrayList<>();
    contract.path("endpoints").forEach(e -> endpoints.add(e.asText()));
    rows.add(
        new Row(
            Rule.VLLM_505,
            view.tenant(),
            read ? Seen.YES : Seen.UNKNOWN,
            where,
            String.join(", ", endpoints)));
    JsonNode keys = subject.tenantStatus(view.tenant()).path("keys");
    rows.add(
        new Row(
            Rule.VLLM_501,
            view.tenant(),
            keys.isMissingNode()
                ? Seen.UNKNOWN
                : keys.path("ids").asInt(0) > 0 ? Seen.YES : Seen.NO,
            "what the guards say",
            keys.isMissingNode()
                ? "no guard has answered the operator"
                : keys.path("ids").asInt(0) + " key ids"));
    boolean closed =
        view.networkPolicies().stream()
            .anyMatch(
                p ->
                    p.path("spec").path("policyTypes").toString().contains("Egress")
                        && p.path("spec").path("egress").isEmpty());
    add(
        view,
        Rule.VLLM_409,
        closed && offline(view),
        "NetworkPolicy and environment",
        (closed ? "no way out" : "NO POLICY CLOSES THE WAY OUT")
            + (offline(view) ? ", HF_HUB_OFFLINE=1" : ", HF_HUB_OFFLINE is not 1"));
  }

  private static boolean offline(TenantView view) {
    return view.engines().stream()
        .allMatch(
            e ->
                Subject.items(e.path("env"))
                    .anyMatch(
                        v ->
                            v.path("name").asText().equals("HF_HUB_OFFLINE")
                                && v.path("value").asText().equals("1")));
  }

  private void limit(TenantView view, Rule rule, boolean read, JsonNode limits, String name) {
    rows.add(
        new Row(
            rule,
            view.tenant(),
            read ? Seen.YES : Seen.UNKNOWN,
            "guard.json",
            read ? name + " " + limits.path(name).asText("?") : "it cannot be read"));
  }

  private void workload() {
    condition(Rule.VLLM_405, "ModelVerified", "what the guards say of the files");
    condition(Rule.VLLM_201, "Attested", "what the engines say of themselves");
    condition(Rule.VLLM_509, "NetworkIsolated", "what the guards could reach");
    boolean known = subject.namespace().found().isPresent();
    String level =
        subject
            .namespace()
            .json()
            .path("metadata")
            .path("labels")
            .path("pod-security.kubernetes.io/enforce")
            .asText("none");
    rows.add(
        new Row(
            Rule.VLLM_707,
            "",
            !known ? Seen.UNKNOWN : level.equals("restricted") ? Seen.YES : Seen.NO,
            "the namespace's label",
            known ? "enforce=" + Subject.plain(level) : "you may not read the namespace"));
    subject
        .nodes()
        .forEach(
            (name, node) -> {
              long swap =
                  node.json()
                      .path("status")
                      .path("nodeInfo")
                      .path("swap")
                      .path("capacity")
                      .asLong(0);
              rows.add(
                  new Row(
                      Rule.VLLM_202,
                      "",
                      node.found().isEmpty() ? Seen.UNKNOWN : swap == 0 ? Seen.YES : Seen.NO,
                      "node " + name,
                      node.found().isEmpty()
                          ? "you may not read nodes"
                          : "reports " + swap + " bytes of swap"));
            });
  }

  private void condition(Rule rule, String type, String where) {
    Condition c = subject.condition(type);
    rows.add(
        new Row(
            rule,
            "",
            c.status().equals("True")
                ? Seen.YES
                : c.status().equals("False") ? Seen.NO : Seen.UNKNOWN,
            where,
            c.message().isEmpty() ? "nothing yet" : c.message().lines().findFirst().orElse("")));
  }

  public static String text(Subject subject, List<Row> rows) {
    int tenant = rows.stream().mapToInt(r -> r.tenant().length()).max().orElse(0);
    List<String> lines = new ArrayList<>();
    lines.add(subject.title() + ": what can be seen of the rules from outside");
    for (JsonNode t : subject.tenants()) {
      TenantView view = TenantView.of(subject, t.path("name").asText());
      if (view.live().isEmpty() && !view.pods().isEmpty()) {
        lines.add("  no pod of tenant " + view.tenant() + " runs: its Deployment is looked at");
      }
    }
    lines.add("");
    for (Row r : rows) {
      lines.add(
          ("%-8s  %-6s  %-" + Math.max(1, tenant) + "s  %s: %s")
              .formatted(r.rule().id(), r.seen().text, r.tenant(), r.where(), r.what()));
    }
    long broken = rows.stream().filter(r -> r.seen() == Seen.NO).count();
    long unknown = rows.stream().filter(r -> r.seen() == Seen.UNKNOWN).count();
    lines.add("");
    lines.add(
        (rows.size() - broken - unknown)
            + " kept, "
            + broken
            + " broken, "
            + unknown
            + " cannot be said; ./ringfence explain RULE says who keeps a rule");
    return String.join("\n", lines) + "\n";
  }

  public static String json(Subject subject, List<Row> rows) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("workload", subject.title());
    ArrayNode all = json.putArray("evidence");
    for (Row r : rows) {
      ObjectNode one = all.addObject();
      one.put("rule", r.rule().id());
      if (!r.tenant().isEmpty()) {
        one.put("tenant", r.tenant());
      }
      one.put("seen", r.seen().name().toLowerCase(Locale.ROOT));
      one.put("where", r.where());
      one.put("what", r.what());
    }
    return json.toPrettyString() + "\n";
  }
}
