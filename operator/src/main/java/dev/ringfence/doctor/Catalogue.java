package dev.ringfence.doctor;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ringfence.rules.Check;
import dev.ringfence.rules.Judged;
import dev.ringfence.rules.Rule;
import dev.ringfence.rules.TrustedModel;
import dev.ringfence.rules.Violation;
import dev.ringfence.vllm.Knowledge;
import java.util.ArrayList;
import java.util.List;

/** TrustedModels, and what their sources ask of the cluster. */
record Catalogue(Facts facts, Knowledge knowledge) {
  /** Image volumes are on by default from here on. */
  private static final int IMAGE_VOLUMES = 35;

  private static final String DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class";

  List<Finding> findings() {
    if (facts.models().forbidden()) {
      return List.of(
          Finding.unknown("models", "you may not read TrustedModels", "kubectl get trustedmodels"));
    }
    List<Finding> findings = new ArrayList<>();
    List<JsonNode> usable = new ArrayList<>();
    for (JsonNode model : facts.models().items().toList()) {
      switch (Check.model(model, knowledge)) {
        case Judged.Valid<TrustedModel> ignored -> {
          if (model.path("spec").path("revoked").isObject()) {
            findings.add(Finding.note("models", Nodes.name(model) + " is revoked"));
          } else {
            usable.add(model);
          }
        }
        case Judged.Invalid<TrustedModel> i ->
            findings.add(
                Finding.note(
                    "models",
                    Nodes.name(model)
                        + " is not valid: "
                        + i.violations().stream().map(Violation::message).findFirst().orElse(""),
                    "kubectl describe trustedmodel " + Nodes.name(model)));
      }
    }
    if (usable.isEmpty()) {
      findings.add(
          0,
          Finding.lacks(
              "models",
              Rule.VLLM_401,
              "the catalogue lists no model that can be used",
              "./ringfence trust REPOSITORY@COMMIT > model.yaml",
              "kubectl apply -f model.yaml"));
      return findings;
    }
    findings.add(
        0,
        Finding.ok("models", Nodes.counted(usable.size(), "model") + ": " + Nodes.names(usable)));
    if (usable.stream().anyMatch(m -> m.path("spec").path("source").has("image"))) {
      findings.add(imageVolumes());
    }
    if (usable.stream().anyMatch(m -> m.path("spec").path("source").has("huggingFace"))) {
      findings.add(storage());
    }
    return findings;
  }

  private Finding imageVolumes() {
    String minor = facts.version().json().path("minor").asText("0").replaceAll("\\D.*", "");
    return !minor.isEmpty() && Integer.parseInt(minor) >= IMAGE_VOLUMES
        ? Finding.ok("image volumes", "on by default in this version of Kubernetes")
        : Finding.note(
            "image volumes",
            "a model comes as an image, and this version of Kubernetes mounts images only with the"
                + " feature gate ImageVolume on API server and kubelets; the operator finds out at"
                + " its start",
            "kubectl get --raw /metrics | grep 'name=\"ImageVolume\"'");
  }

  private Finding storage() {
    if (facts.storageClasses().found().isEmpty()) {
      return Finding.unknown("storage", "you may not read StorageClasses");
    }
    boolean standard =
        facts
            .storageClasses()
            .items()
            .anyMatch(
                c ->
                    c.path("metadata")
                        .path("annotations")
                        .path(DEFAULT_CLASS)
                        .asText("")
                        .equals("true"));
    return standard
        ? Finding.ok("storage", "there is a default StorageClass for fetched models")
        : Finding.note(
            "storage",
            "no StorageClass is the default one, so a workload whose model is fetched must name one"
                + " (spec.model.storage.storageClassName)",
            "kubectl get storageclasses");
  }
}
