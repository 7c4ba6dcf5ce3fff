package dev.ringfence.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonClassDescription;
import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Categories;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Singular;
import io.fabric8.kubernetes.model.annotation.Version;

/**
 * A model served by vLLM to one or more tenants, each with an engine of its own. The class gives
 * the schema and serves to write a status; the operator reads specifications as JSON, so that one
 * that cannot be read harms nothing but itself.
 */
@Group(Crd.GROUP)
@Version(Crd.VERSION)
@Kind("VLLMDeployment")
@Singular("vllmdeployment")
@Plural("vllmdeployments")
@ShortNames("vllm")
@Categories("ringfence")
@JsonClassDescription(
    "A model served by vLLM. Each tenant gets an engine of its own, since a tenant is a security"
        + " boundary. What breaks a rule is refused with the rule's id and the way out; `ringfence"
        + " explain ID` says more.")
@ValidationRule(
    value = Cel.WORKLOAD_NAME,
    message = RuleText.WORKLOAD_NAME,
    fieldPath = ".metadata.name")
@AdditionalPrinterColumn(
    name = "Ready",
    jsonPath = ".status.conditions[?(@.type==\"Ready\")].status",
    getDescription = "Whether every tenant that is wanted is served.")
@AdditionalPrinterColumn(
    name = "Reason",
    jsonPath = ".status.conditions[?(@.type==\"Ready\")].reason",
    getDescription = "Why it is ready or not.")
@AdditionalPrinterColumn(
    name = "Model",
    jsonPath = ".spec.model.ref",
    getDescription = "The TrustedModel.")
@AdditionalPrinterColumn(
    name = "Version",
    jsonPath = ".status.effective.engineVersion",
    getDescription = "The version of vLLM.")
@AdditionalPrinterColumn(
    name = "Tenants",
    jsonPath = ".status.readyTenants",
    getDescription = "Tenants that are served, of all.")
@AdditionalPrinterColumn(
    name = "Age",
    jsonPath = ".metadata.creationTimestamp",
    type = AdditionalPrinterColumn.Type.DATE)
@AdditionalPrinterColumn(
    name = "Accepted",
    jsonPath = ".status.conditions[?(@.type==\"Accepted\")].status",
    priority = 1,
    getDescription = "Whether the specification passes every rule.")
@AdditionalPrinterColumn(
    name = "Attested",
    jsonPath = ".status.conditions[?(@.type==\"Attested\")].status",
    priority = 1,
    getDescription = "Whether every engine reports the settings that were asked of it.")
@AdditionalPrinterColumn(
    name = "Revision",
    jsonPath = ".status.effective.modelRevision",
    priority = 1,
    getDescription = "The revision or digest of the model.")
@AdditionalPrinterColumn(
    name = "Message",
    jsonPath = ".status.conditions[?(@.type==\"Ready\")].message",
    priority = 1,
    getDescription = "What to do about it.")
public class VLLMDeployment extends CustomResource<VLLMDeploymentSpec, VLLMDeploymentStatus>
    implements Namespaced {

  @Override
  @Required
  public VLLMDeploymentSpec getSpec() {
    return super.getSpec();
  }
}
