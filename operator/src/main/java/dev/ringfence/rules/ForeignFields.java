package dev.ringfence.rules;

import java.util.Map;
import java.util.Optional;

/**
 * Fields that people bring from other manifests. They are unknown fields for the API server; here
 * they get the rule that they would break and the way out. No value is shown, it may be a secret.
 */
final class ForeignFields {
  private record Way(Rule rule, String detail) {}

  private static final Map<String, Way> WAYS =
      Map.ofEntries(
          way(
              "valueFrom",
              Rule.VLLM_508,
              "must not be here, a variable has a literal value; name Secrets in apiKeySecretRef, tlsSecretName or tokenSecretRef"),
          way(
              "requests",
              Rule.VLLM_708,
              "must not differ from the limits; write resources.cpu and resources.memory, each is request and limit"),
          way(
              "limits",
              Rule.VLLM_708,
              "must not differ from the requests; write resources.cpu and resources.memory, each is request and limit"),
          way(
              "swap",
              Rule.VLLM_202,
              "must not be asked for, swapped KV cache puts prompts on disk; remove it"),
          way(
              "hostNetwork",
              Rule.VLLM_703,
              "must not be set, host namespaces undo the pod's isolation; remove it"),
          way(
              "hostPID",
              Rule.VLLM_703,
              "must not be set, host namespaces undo the pod's isolation; remove it"),
          way(
              "hostIPC",
              Rule.VLLM_703,
              "must not be set, host namespaces undo the pod's isolation; remove it (resources.sharedMemory sizes /dev/shm)"),
          way(
              "hostPath",
              Rule.VLLM_703,
              "must not be set, a host path undoes the pod's isolation; remove it"),
          way(
              "securityContext",
              Rule.VLLM_702,
              "must not be set, Ringfence renders a restricted one; remove it"),
          way(
              "podSecurityContext",
              Rule.VLLM_702,
              "must not be set, Ringfence renders a restricted one; remove it"),
          way(
              "privileged",
              Rule.VLLM_702,
              "must not be set, Ringfence renders a restricted pod; remove it"),
          way(
              "runAsUser",
              Rule.VLLM_702,
              "must not be set, the policy chooses the user; remove it"),
          way(
              "podTemplate",
              Rule.VLLM_710,
              "must not be set, a pod holds Ringfence's containers alone; remove it"),
          way(
              "containers",
              Rule.VLLM_710,
              "must not be set, a pod holds Ringfence's containers alone; remove it"),
          way(
              "initContainers",
              Rule.VLLM_710,
              "must not be set, a pod holds Ringfence's containers alone; remove it"),
          way(
              "sidecars",
              Rule.VLLM_710,
              "must not be set, a pod holds Ringfence's containers alone; remove it"),
          way(
              "volumes",
              Rule.VLLM_105,
              "must not be set, nothing writable is shared with an engine; remove it (resources.scratch sizes its own)"),
          way(
              "volumeMounts",
              Rule.VLLM_105,
              "must not be set, nothing writable is shared with an engine; remove it (resources.scratch sizes its own)"),
          way(
              "serviceAccountName",
              Rule.VLLM_704,
              "must not be set, each tenant gets an account without rights or token; remove it"),
          way(
              "serviceAccount",
              Rule.VLLM_704,
              "must not be set, each tenant gets an account without rights or token; remove it"),
          way(
              "automountServiceAccountToken",
              Rule.VLLM_704,
              "must not be set, no token is mounted; remove it"),
          way(
              "apiKey",
              Rule.VLLM_508,
              "must not be written down; put it into a Secret, name that in apiKeySecretRef, and rotate the key"),
          way(
              "hfToken",
              Rule.VLLM_508,
              "must not be written down; put it into a Secret, name that in model.tokenSecretRef, and rotate the token"),
          way(
              "repository",
              Rule.VLLM_401,
              "must not be given, models come from the catalogue; set model.ref to the name of a TrustedModel"),
          way(
              "engineArgs",
              Rule.VLLM_208,
              "must not be given as free arguments; use the typed fields of spec.engine, or extraArgs for those that the policy opens"),
          way(
              "args",
              Rule.VLLM_208,
              "must not be given as free arguments; use the typed fields of spec.engine, or extraArgs for those that the policy opens"),
          way(
              "runtimeClass",
              Rule.VLLM_706,
              "must not be set here; set scheduling.runtimeClassName"));

  private ForeignFields() {}

  private static Map.Entry<String, Way> way(String field, Rule rule, String detail) {
    return Map.entry(field, new Way(rule, detail));
  }

  /**
   * @param fallback the rule of the object that the field stands in
   */
  static void judge(Node parent, String field, Rule fallback) {
    FieldPath path = parent.path().child(Shown.name(field));
    Way way = WAYS.get(field);
    // Inside volumes a hostPath is what makes the difference.
    if (field.equals("volumes") && parent.get(field).json().toString().contains("\"hostPath\"")) {
      way = WAYS.get("hostPath");
    }
    // A policy's or model's own groups may be called like a foreign field; in them only the shape
    // is wrong.
    if (way == null || fallback == Rule.VLLM_507) {
      way =
          new Way(
              fallback == Rule.VLLM_507 ? fallback : Rule.VLLM_001,
              "must not be here, there is no such field; " + nearest(parent, field));
    }
    parent.faults().add(path, Kind.FORBIDDEN, Optional.empty(), way.rule(), way.detail());
  }

  private static String nearest(Node parent, String field) {
    String kind = parent.path().toString().isEmpty() ? "the object" : parent.path().toString();
    return Shown.name(field).equals(Shown.REDACTED)
        ? "remove it and rotate the credential"
        : "remove it, or see kubectl explain for the fields of " + kind;
  }
}
