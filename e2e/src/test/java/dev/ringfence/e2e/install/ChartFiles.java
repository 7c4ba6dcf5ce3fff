package dev.ringfence.e2e.install;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The parts of the chart that are made from other files of the checkout: the definitions and what
 * {@code deploy/admission} holds. Texts, not trees, so that comments and layout stay.
 */
final class ChartFiles {
  static final Path CHECKOUT = Path.of("..");
  static final Path CHART = CHECKOUT.resolve("deploy/helm/ringfence");
  static final String NAMESPACE = "ringfence-system";

  /** The names that the static owner in {@code crds/} has. */
  static final String RELEASE = "ringfence";

  private static final String NAMESPACE_NOW = "{{ .Release.Namespace }}";
  private static final String LABELS = "labels: {app.kubernetes.io/part-of: ringfence}\n";

  /** A file of {@code deploy/admission} and the value that switches it. */
  private static final Map<String, String> SWITCHES =
      new TreeMap<>(
          Map.of(
              "authors.yaml", ".Values.userRoles",
              "dedicated-namespaces.yaml", ".Values.admissionPolicies.dedicatedNamespaces",
              "definitions.yaml", ".Values.admissionPolicies.definitions",
              "operator.yaml", ".Values.admissionPolicies.operator",
              "pods.yaml", ".Values.admissionPolicies.pods",
              "use-secrets.yaml", ".Values.admissionPolicies.useSecrets",
              "webhook.yaml", ".Values.webhook.enabled"));

  private ChartFiles() {}

  /** What each file must be, by its path. */
  static Map<Path, String> made() {
    Map<Path, String> files = new LinkedHashMap<>();
    for (String kind : new String[] {"trustedmodels", "vllmdeployments", "vllmpolicies"}) {
      String name = kind + ".ringfence.dev.yaml";
      files.put(CHART.resolve("crds").resolve(name), definition(text("crds/" + name)));
    }
    SWITCHES.forEach(
        (file, value) ->
            files.put(
                CHART.resolve("templates/admission").resolve(file),
                "{{- if %s }}\n# Made from deploy/admission/%s.\n%s{{- end }}\n"
                    .formatted(value, file, template(file))));
    // What Prometheus and Grafana read, for those who have their operators install it.
    for (String file :
        List.of("dashboards/operator.json", "dashboards/tenants.json", "alerts/ringfence.yaml")) {
      files.put(CHART.resolve(file), text("deploy/" + file));
    }
    return files;
  }

  /** With the owner that the release must be, and a mark by which versions are told apart. */
  private static String definition(String text) {
    return once(
        text,
        "\nmetadata:\n",
        """

        metadata:
          annotations:
            argocd.argoproj.io/sync-options: Prune=false,Delete=false
            helm.sh/resource-policy: keep
            meta.helm.sh/release-name: %s
            meta.helm.sh/release-namespace: %s
            ringfence.dev/definition: %s
          labels:
            app.kubernetes.io/managed-by: Helm
            app.kubernetes.io/part-of: ringfence
        """
            .formatted(RELEASE, NAMESPACE, sha256(text)));
  }

  private static String template(String file) {
    String text = text("deploy/admission/" + file);
    if (text.contains("{{") || text.contains("}}")) {
      throw new IllegalStateException(file + " holds what Helm would take for a template");
    }
    text = text.replace(NAMESPACE, NAMESPACE_NOW);
    return file.equals("webhook.yaml") ? webhook(text) : text;
  }

  private static String webhook(String text) {
    String made =
        once(
            text,
            "  name: ringfence\n  " + LABELS,
            "  name: ringfence\n  " + LABELS + include("webhookAnnotations"));
    String service =
        "    service: {name: ringfence-webhook, namespace: %s, path: /validate, port: 443}\n"
            .formatted(NAMESPACE_NOW);
    made = made.replace(service, service + include("caBundle"));
    // The operator needs its Secret without the webhook too: it stands beside the rights to it.
    String secret = "---\n# Filled by the operator";
    int at = made.indexOf(secret);
    int end = made.indexOf("type: Opaque\n", at) + "type: Opaque\n".length();
    if (at < 0 || end < at) {
      throw new IllegalStateException("webhook.yaml holds no Secret");
    }
    return made.substring(0, at) + made.substring(end);
  }

  private static String include(String name) {
    return "{{- include \"ringfence." + name + "\" . }}\n";
  }

  private static String once(String text, String what, String by) {
    int at = text.indexOf(what);
    if (at < 0 || text.indexOf(what, at + 1) >= 0) {
      throw new IllegalStateException("is there not exactly once: " + what);
    }
    return text.substring(0, at) + by + text.substring(at + what.length());
  }

  private static String text(String path) {
    try {
      return Files.readString(CHECKOUT.resolve(path));
    } catch (IOException e) {
      throw new UncheckedIOException(path, e);
    }
  }

  private static String sha256(String text) {
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java runtime has SHA-256", e);
    }
  }
}
