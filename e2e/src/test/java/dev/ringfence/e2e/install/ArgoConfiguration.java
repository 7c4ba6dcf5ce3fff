package dev.ringfence.e2e.install;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** The ConfigMap that gives Argo CD the health script, which it takes as text, once for a kind. */
final class ArgoConfiguration {
  private static final Path FOLDER = ChartFiles.CHECKOUT.resolve("deploy/gitops/argo-cd");

  private ArgoConfiguration() {}

  static Map<Path, String> made() {
    try {
      String script = Files.readString(FOLDER.resolve("health.lua")).indent(4);
      StringBuilder text =
          new StringBuilder(
              """
              # Made from health.lua. To be merged into the ConfigMap of that name.
              apiVersion: v1
              kind: ConfigMap
              metadata:
                name: argocd-cm
                namespace: argocd
                labels: {app.kubernetes.io/name: argocd-cm, app.kubernetes.io/part-of: argocd}
              data:
              """);
      for (String kind : List.of("VLLMDeployment", "TrustedModel", "VLLMPolicy")) {
        text.append("  resource.customizations.health.ringfence.dev_%s: |\n".formatted(kind));
        text.append(script);
      }
      return Map.of(FOLDER.resolve("argocd-cm.yaml"), text.toString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
