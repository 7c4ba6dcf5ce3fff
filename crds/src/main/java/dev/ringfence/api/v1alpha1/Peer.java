package dev.ringfence.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/**
 * Pods that may reach a port, as in a NetworkPolicy but without address ranges.
 *
 * @param namespaceSelector the namespaces, by label
 * @param podSelector the pods in them; alone, pods of the workload's own namespace
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@ValidationRule(value = Cel.PEER, message = RuleText.PEER)
@ValidationRule(value = Cel.NARROW, fieldPath = ".namespaceSelector", message = RuleText.PEER)
public record Peer(
    @JsonPropertyDescription(
            "The namespaces, by label. Needs a matchLabels entry or an In expression with values: an"
                + " empty selector would be every namespace (VLLM-509).")
        @Nullable LabelSelector namespaceSelector,
    @JsonPropertyDescription(
            "The pods in those namespaces, by label. Without a namespaceSelector: pods of the"
                + " workload's own namespace, and {} is all of them.")
        @Nullable LabelSelector podSelector) {}
