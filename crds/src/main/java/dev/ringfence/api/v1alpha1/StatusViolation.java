package dev.ringfence.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonClassDescription;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;

/**
 * One rule that the specification breaks, as a status shows it.
 *
 * @param rule the id, for example {@code VLLM-101}
 * @param path the field, for example {@code spec.tenants[0].name}
 * @param message the line that the command line and the webhook print for it
 */
@JsonClassDescription("One rule that the specification breaks.")
@JsonPropertyOrder({"rule", "path", "message"})
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record StatusViolation(
    @JsonPropertyDescription(
            "The rule's id; `ringfence explain ID` and docs/rules say what it is for.")
        @Required
        @Size(max = 16)
        String rule,
    @JsonPropertyDescription("The field at fault.") @Required @Size(max = 1024) String path,
    @JsonPropertyDescription("What must hold, and the way out.") @Required @Size(max = 4096)
        String message) {}
