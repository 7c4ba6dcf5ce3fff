package dev.ringfence.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonClassDescription;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Size;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What was found.
 *
 * @param observedGeneration the generation that this was found of (kstatus)
 * @param conditions by type: Accepted, Ready
 * @param violations at most 32
 * @param usedBy how many workloads name the model
 */
@JsonClassDescription("What was found. The operator writes it and concludes nothing from it.")
@JsonPropertyOrder({"observedGeneration", "conditions", "violations", "usedBy"})
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record TrustedModelStatus(
    @JsonPropertyDescription(
            "The metadata.generation that this was found of; -1 before the operator has seen the object.")
        @Min(-1)
        @Nullable Long observedGeneration,
    @JsonPropertyDescription("Accepted and Ready; a revoked model is not accepted.")
        @Size(max = Bounds.CONDITIONS)
        @ListMap("type")
        List<Condition> conditions,
    @JsonPropertyDescription(
            "What keeps the model from being accepted, at most 32, sorted by path.")
        @Size(max = Bounds.VIOLATIONS)
        List<StatusViolation> violations,
    @JsonPropertyDescription("How many workloads name it.") @Min(0) @Nullable Integer usedBy) {

  public TrustedModelStatus {
    conditions = Lists.copyOf(conditions);
    violations = Lists.copyOf(violations);
  }
}
