package dev.ringfence.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonClassDescription;
import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Categories;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.Singular;
import io.fabric8.kubernetes.model.annotation.Version;

/** A model that the platform team vouches for: where its bytes come from and the digest of each. */
@Group(Crd.GROUP)
@Version(Crd.VERSION)
@Kind("TrustedModel")
@Singular("trustedmodel")
@Plural("trustedmodels")
@Categories("ringfence")
@JsonClassDescription(
    "A model that the platform team vouches for: where its files come from and the digest of each."
        + " Workloads name it in spec.model.ref. `ringfence trust` writes one from a folder or a"
        + " repository.")
@ValidationRule(
    value = Cel.MODEL_OBJECT_NAME,
    message = RuleText.TRUSTED_MODEL_NAME,
    fieldPath = ".metadata.name")
@AdditionalPrinterColumn(
    name = "Accepted",
    jsonPath = ".status.conditions[?(@.type==\"Accepted\")].status",
    getDescription = "Whether workloads may use it.")
@AdditionalPrinterColumn(
    name = "Reason",
    jsonPath = ".status.conditions[?(@.type==\"Accepted\")].reason",
    getDescription = "Why, or why not.")
@AdditionalPrinterColumn(
    name = "Quantization",
    jsonPath = ".spec.quantization.method",
    getDescription = "The quantization method.")
@AdditionalPrinterColumn(
    name = "Workloads",
    jsonPath = ".status.usedBy",
    type = AdditionalPrinterColumn.Type.INTEGER,
    getDescription = "How many workloads name it.")
@AdditionalPrinterColumn(
    name = "Age",
    jsonPath = ".metadata.creationTimestamp",
    type = AdditionalPrinterColumn.Type.DATE)
@AdditionalPrinterColumn(
    name = "Repository",
    jsonPath = ".spec.source.huggingFace.repository",
    priority = 1,
    getDescription = "The repository of the hub.")
@AdditionalPrinterColumn(
    name = "Revision",
    jsonPath = ".spec.source.huggingFace.revision",
    priority = 1,
    getDescription = "The commit.")
@AdditionalPrinterColumn(
    name = "Image",
    jsonPath = ".spec.source.image.reference",
    priority = 1,
    getDescription = "The OCI image.")
@AdditionalPrinterColumn(
    name = "Claim",
    jsonPath = ".spec.source.volumeClaim.claimName",
    priority = 1,
    getDescription = "The PersistentVolumeClaim.")
@AdditionalPrinterColumn(
    name = "Revoked",
    jsonPath = ".spec.revoked.reason",
    priority = 1,
    getDescription = "Why it was revoked.")
public class TrustedModel extends CustomResource<TrustedModelSpec, TrustedModelStatus> {

  @Override
  @Required
  public TrustedModelSpec getSpec() {
    return super.getSpec();
  }
}
