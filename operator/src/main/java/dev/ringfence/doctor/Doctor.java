package dev.ringfence.doctor;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ringfence.api.v1alpha1.Crd;
import dev.ringfence.inspect.Answer;
import dev.ringfence.rules.Policy;
import dev.ringfence.rules.Rule;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Says of every step between an empty cluster and a first answer how it stands. Pure: facts and the
 * time go in, findings in the order of first success come out.
 */
public final class Doctor {
  static final String INSTALL =
      "helm install ringfence deploy/helm/ringfence --namespace %s --create-namespace";
  private static final int OLDEST_MINOR = 33;

  /** The lease lasts 15 s; a leader that is four of them late is gone. */
  private static final Duration LATE = Duration.ofMinutes(1);

  private static final Set<String> ADMISSION =
      Set.of(
          "ringfence-dedicated-namespaces",
          "ringfence-definitions",
          "ringfence-operator",
          "ringfence-pods",
          "ringfence-use-secrets");

  private final Facts facts;
  private final Instant now;
  private final Policies policies;

  private Doctor(Facts facts, Instant now) {
    this.facts = facts;
    this.now = now;
    this.policies = Policies.of(facts, now);
  }

  public static List<Finding> examine(Facts facts, Instant now) {
    return new Doctor(facts, now).findings();
  }

  private List<Finding> findings() {
    List<Finding> all = new ArrayList<>();
    all.add(kubernetes());
    all.add(definitions());
    all.add(operator());
    all.add(admission());
    all.addAll(policies.findings());
    Policy policy = policies.inForce();
    all.addAll(new Nodes(facts, policy).findings());
    all.addAll(classes(policy));
    all.addAll(new Catalogue(facts, policies.knowledge()).findings());
    all.addAll(new Tenancy(facts, policy).findings());
    return List.copyOf(all);
  }

  private Finding kubernetes() {
    String version = facts.version().json().path("gitVersion").asText("");
    String minor = facts.version().json().path("minor").asText("").replaceAll("\\D.*", "");
    if (minor.isEmpty()) {
      return Finding.unknown("Kubernetes", "the server does not say its version");
    }
    return facts.version().json().path("major").asText().equals("1")
            && Integer.parseInt(minor) < OLDEST_MINOR
        ? Finding.lacks(
            "Kubernetes", version + " is too old; Ringfence needs 1." + OLDEST_MINOR + " or later")
        : Finding.ok("Kubernetes", version);
  }

  private Finding definitions() {
    List<String> missing =
        facts.definitions().entrySet().stream()
            .filter(e -> !established(e.getValue()))
            .map(Map.Entry::getKey)
            .toList();
    if (facts.definitions().values().stream().anyMatch(Answer::forbidden)) {
      return facts.models().absent()
          ? Finding.lacks("definitions", "the three kinds are not served", install())
          : Finding.ok("definitions", "the kinds are served");
    }
    return missing.isEmpty()
        ? Finding.ok("definitions", "the three kinds are served")
        : Finding.lacks("definitions", "not served: " + String.join(", ", missing), Crd.INSTALL);
  }

  private static boolean established(Answer definition) {
    for (JsonNode condition : definition.json().path("status").path("conditions")) {
      if (condition.path("type").asText().equals("Established")) {
        return condition.path("status").asText().equals("True");
      }
    }
    return false;
  }

  private String install() {
    return INSTALL.formatted(facts.system());
  }

  private Finding operator() {
    int wanted =
        facts.operators().items().mapToInt(d -> d.path("spec").path("replicas").asInt(1)).sum();
    int ready =
        facts
            .operators()
            .items()
            .mapToInt(d -> d.path("status").path("readyReplicas").asInt(0))
            .sum();
    if (leads()) {
      return Finding.ok(
          "operator",
          wanted == 0
              ? "one leads, outside a Deployment of " + facts.system()
              : ready + " of " + wanted + " replicas are ready, one leads");
    }
    if (facts.operators().forbidden() || facts.lease().forbidden()) {
      return Finding.unknown(
          "operator",
          "you may not look into " + facts.system(),
          "kubectl get deployments,leases -n " + facts.system());
    }
    if (facts.operators().items().findAny().isEmpty()) {
      return Finding.lacks("operator", "no operator runs", install());
    }
    return wanted == 0
        ? Finding.lacks(
            "operator",
            "it is scaled to zero",
            "kubectl scale deployment -n "
                + facts.system()
                + " -l app.kubernetes.io/name=ringfence --replicas=2")
        : Finding.lacks(
            "operator",
            ready + " of " + wanted + " replicas are ready, and none leads",
            "kubectl describe pods -n " + facts.system() + " -l app.kubernetes.io/name=ringfence");
  }

  private boolean leads() {
    try {
      String renewed = facts.lease().json().path("spec").path("renewTime").asText("");
      return !renewed.isEmpty() && Instant.parse(renewed).plus(LATE).isAfter(now);
    } catch (DateTimeException e) {
      return false;
    }
  }

  /** Not in the way of success, but each missing one is a ring less. */
  private Finding admission() {
    if (facts.admissionPolicies().forbidden()) {
      return Finding.unknown("admission", "you may not read admission policies");
    }
    Set<String> missing = new TreeSet<>(ADMISSION);
    Set<String> bound =
        facts
            .admissionBindings()
            .items()
            .map(b -> b.path("spec").path("policyName").asText())
            .collect(Collectors.toSet());
    facts
        .admissionPolicies()
        .items()
        .map(p -> p.path("metadata").path("name").asText())
        .filter(bound::contains)
        .forEach(missing::remove);
    boolean webhook = facts.webhook().found().isPresent();
    if (missing.isEmpty() && webhook) {
      return Finding.ok("admission", "the webhook and all " + ADMISSION.size() + " policies");
    }
    return Finding.note(
        "admission",
        "these rings are off: "
            + String.join(", ", missing)
            + (missing.isEmpty() || webhook ? "" : ", ")
            + (webhook ? "" : "the webhook"),
        INSTALL.replace("install ", "upgrade --install ").formatted(facts.system()));
  }

  private List<Finding> classes(Policy policy) {
    List<Finding> findings = new ArrayList<>();
    lacking(facts.runtimeClasses(), policy.scheduling().runtimeClassNames())
        .forEach(
            name ->
                findings.add(
                    Finding.lacks(
                        "runtime class",
                        Rule.VLLM_706,
                        "the policy lists " + name + ", which the cluster does not have",
                        "kubectl get runtimeclasses",
                        "kubectl edit vllmpolicy default")));
    lacking(facts.priorityClasses(), policy.scheduling().priorityClassNames())
        .forEach(
            name ->
                findings.add(
                    Finding.lacks(
                        "priority class",
                        Rule.VLLM_711,
                        "the policy lists " + name + ", which the cluster does not have",
                        "kubectl create priorityclass " + name + " --value=1000")));
    return findings;
  }

  private static List<String> lacking(Answer there, Set<String> wanted) {
    Set<String> names =
        there
            .items()
            .map(c -> c.path("metadata").path("name").asText())
            .collect(Collectors.toSet());
    return there.found().isEmpty()
        ? List.of()
        : wanted.stream().filter(name -> !names.contains(name)).sorted().toList();
  }
}
