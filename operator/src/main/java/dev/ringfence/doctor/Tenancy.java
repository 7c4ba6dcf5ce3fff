package dev.ringfence.doctor;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.ringfence.inspect.Answer;
import dev.ringfence.rules.Policy;
import dev.ringfence.rules.Rule;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The namespaces of workloads: their labels, their Secrets, and what became of the workloads. */
record Tenancy(Facts facts, Policy policy) {
  private static final String RESTRICTED = "pod-security.kubernetes.io/enforce";
  private static final String DEDICATED = "ringfence.dev/dedicated";

  List<Finding> findings() {
    if (facts.namespaces().isEmpty()) {
      return List.of(
          facts.workloads().forbidden()
              ? Finding.unknown(
                  "workloads", "you may not list workloads everywhere; name a namespace with -n")
              : Finding.lacks(
                  "workloads",
                  "there is none",
                  "./ringfence init --namespace team-a > starter.yaml",
                  "kubectl apply -f starter.yaml"));
    }
    List<Finding> findings = new ArrayList<>();
    facts.namespaces().forEach((name, answer) -> findings.addAll(namespace(name, answer)));
    for (JsonNode workload : facts.workloads().items().toList()) {
      findings.addAll(secrets(workload));
    }
    facts.namespaces().keySet().forEach(name -> findings.addAll(pullSecrets(name)));
    findings.addAll(workloads());
    return findings;
  }

  private List<Finding> namespace(String name, Answer answer) {
    if (answer.forbidden()) {
      return List.of(Finding.unknown("namespace", "you may not read the namespace " + name));
    }
    if (answer.absent()) {
      return List.of(
          Finding.lacks("namespace", "there is no " + name, "kubectl create namespace " + name));
    }
    List<Finding> findings = new ArrayList<>();
    JsonNode labels = answer.json().path("metadata").path("labels");
    boolean waived =
        policy.waivers().stream()
            .anyMatch(w -> w.rule() == Rule.VLLM_707 && w.namespaces().contains(name));
    if (policy.scheduling().requireRestrictedNamespace()
        && !waived
        && !labels.path(RESTRICTED).asText("").equals("restricted")) {
      findings.add(
          Finding.lacks(
              "namespace",
              Rule.VLLM_707,
              name + " does not enforce the restricted Pod Security level",
              "kubectl label namespace " + name + " " + RESTRICTED + "=restricted"));
    }
    if (policy.scheduling().requireDedicatedNamespace()
        && !labels.path(DEDICATED).asText("").equals("true")) {
      findings.add(
          Finding.lacks(
              "namespace",
              Rule.VLLM_709,
              name + " is not dedicated, and the policy asks for it",
              "kubectl label namespace " + name + " " + DEDICATED + "=true"));
    }
    return findings.isEmpty() ? List.of(Finding.ok("namespace", name)) : findings;
  }

  private List<Finding> secrets(JsonNode workload) {
    String namespace = workload.path("metadata").path("namespace").asText();
    List<Finding> findings = new ArrayList<>();
    for (JsonNode tenant : workload.path("spec").path("tenants")) {
      String secret = tenant.path("apiKeySecretRef").path("name").asText("");
      String of = " of tenant " + tenant.path("name").asText();
      secret(namespace, secret, "keys", Rule.VLLM_501, "keys" + of)
          .mends(
              "./ringfence keys new alice",
              "kubectl create secret generic "
                  + secret
                  + " -n "
                  + namespace
                  + " --from-literal=alice=sha256:...   # the line that the first command prints")
          .ifPresent(findings::add);
      String tls = tenant.path("tlsSecretName").asText("");
      secret(namespace, tls, "TLS", Rule.VLLM_511, "the certificate" + of)
          .mends(
              "kubectl create secret tls " + tls + " -n " + namespace + " --cert=FILE --key=FILE")
          .ifPresent(findings::add);
    }
    String token =
        workload.path("spec").path("model").path("tokenSecretRef").path("name").asText("");
    secret(namespace, token, "hub token", Rule.VLLM_406, "the hub's token")
        .mends(
            "kubectl create secret generic "
                + token
                + " -n "
                + namespace
                + " --from-file=token=/dev/stdin   # paste the token, end with Ctrl-D")
        .ifPresent(findings::add);
    return findings;
  }

  /** How a Secret stands, before it is known how it would be mended. */
  private record Named(
      String namespace, String name, String what, Rule rule, String role, Answer is) {
    Optional<Finding> mends(String... mend) {
      if (name.isEmpty()) {
        return Optional.empty();
      }
      return Optional.of(
          switch (is) {
            case Answer.Found ignored ->
                Finding.ok(what, "the Secret " + namespace + "/" + name + " is there");
            case Answer.Absent ignored ->
                Finding.lacks(
                    what,
                    rule,
                    "there is no Secret " + namespace + "/" + name + " with " + role,
                    mend);
            case Answer.Forbidden ignored ->
                Finding.unknown(
                    what,
                    "you may not look for the Secret " + namespace + "/" + name,
                    "kubectl auth can-i get secrets -n " + namespace);
          });
    }
  }

  private Named secret(String namespace, String name, String what, Rule rule, String role) {
    return new Named(
        namespace,
        name,
        what,
        rule,
        role,
        facts.secrets().getOrDefault(namespace + "/" + name, new Answer.Absent()));
  }

  private List<Finding> pullSecrets(String namespace) {
    return policy.engine().imagePullSecrets().stream()
        .filter(
            s -> facts.secrets().getOrDefault(namespace + "/" + s, new Answer.Absent()).absent())
        .map(
            s ->
                Finding.lacks(
                    "pull secret",
                    Rule.VLLM_701,
                    "the policy pulls images with " + s + ", which " + namespace + " does not have",
                    "kubectl create secret generic "
                        + s
                        + " -n "
                        + namespace
                        + " --type=kubernetes.io/dockerconfigjson"
                        + " --from-file=.dockerconfigjson=$HOME/.docker/config.json"))
        .toList();
  }

  private List<Finding> workloads() {
    List<JsonNode> all = facts.workloads().items().toList();
    if (all.isEmpty()) {
      String namespace = facts.namespaces().keySet().iterator().next();
      return List.of(
          Finding.lacks(
              "workloads",
              "there is none in " + namespace,
              "./ringfence init --namespace " + namespace + " > starter.yaml",
              "kubectl apply -f starter.yaml"));
    }
    List<Finding> findings = new ArrayList<>();
    boolean enforced = false;
    for (JsonNode workload : all) {
      String name = Nodes.name(workload);
      String namespace = workload.path("metadata").path("namespace").asText();
      JsonNode ready = condition(workload, "Ready");
      if (ready.path("status").asText().equals("True")) {
        findings.add(
            Finding.ok("workload", namespace + "/" + name + ": " + ready.path("message").asText()));
      } else {
        findings.add(
            Finding.lacks(
                "workload",
                namespace
                    + "/"
                    + name
                    + " is not ready: "
                    + ready.path("message").asText("the operator has not looked at it yet"),
                "./ringfence why " + name + " -n " + namespace));
      }
      JsonNode isolated = condition(workload, "NetworkIsolated");
      enforced |= isolated.path("reason").asText().equals("Enforced");
      if (isolated.path("reason").asText().equals("NotEnforced")) {
        findings.add(
            new Finding(
                "network",
                policy.network().requireEnforcement() ? Finding.State.LACKS : Finding.State.NOTE,
                isolated.path("message").asText(),
                List.of("kubectl get pods -n kube-system   # which network plug-in runs?"),
                Optional.of(Rule.VLLM_509)));
        return findings;
      }
    }
    findings.add(
        enforced
            ? Finding.ok("network", "the guards cannot reach the API server")
            : Finding.unknown(
                "network", "no guard has tried yet whether NetworkPolicies are enforced"));
    return findings;
  }

  private static JsonNode condition(JsonNode workload, String type) {
    for (JsonNode condition : workload.path("status").path("conditions")) {
      if (condition.path("type").asText().equals(type)) {
        return condition;
      }
    }
    return MissingNode.getInstance();
  }
}
