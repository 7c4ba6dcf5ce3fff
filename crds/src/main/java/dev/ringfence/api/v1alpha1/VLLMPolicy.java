package dev.ringfence.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonClassDescription;
import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Categories;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.Singular;
import io.fabric8.kubernetes.model.annotation.Version;

/** What the platform team allows on this cluster; only the name {@code default} is legal. */
@Group(Crd.GROUP)
@Version(Crd.VERSION)
@Kind("VLLMPolicy")
@Singular("vllmpolicy")
@Plural("vllmpolicies")
@Categories("ringfence")
@JsonClassDescription(
    "What the platform team allows on this cluster. There is one, named default; without it nothing new"
        + " is accepted (VLLM-507). What is left out has its strict value.")
@ValidationRule(
    value = "self.metadata.name == 'default'",
    message = RuleText.POLICY_NAME,
    fieldPath = ".metadata.name")
@AdditionalPrinterColumn(
    name = "Accepted",
    jsonPath = ".status.conditions[?(@.type==\"Accepted\")].status",
    getDescription = "Whether it is in force; an invalid policy counts as none.")
@AdditionalPrinterColumn(
    name = "Reason",
    jsonPath = ".status.conditions[?(@.type==\"Accepted\")].reason",
    getDescription = "Why, or why not.")
@AdditionalPrinterColumn(
    name = "Minimum",
    jsonPath = ".spec.engine.minimumVersion",
    getDescription = "The oldest version of vLLM that is allowed.")
@AdditionalPrinterColumn(
    name = "Waivers",
    jsonPath = ".status.waiversInForce",
    type = AdditionalPrinterColumn.Type.INTEGER,
    getDescription = "How many waivers hold at present.")
@AdditionalPrinterColumn(
    name = "Age",
    jsonPath = ".metadata.creationTimestamp",
    type = AdditionalPrinterColumn.Type.DATE)
@AdditionalPrinterColumn(
    name = "Message",
    jsonPath = ".status.conditions[?(@.type==\"Accepted\")].message",
    priority = 1,
    getDescription = "What to do about it.")
public class VLLMPolicy extends CustomResource<VLLMPolicySpec, VLLMPolicyStatus> {}
