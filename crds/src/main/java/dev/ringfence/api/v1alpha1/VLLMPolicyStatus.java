package dev.ringfence.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonClassDescription;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What was found.
 *
 * @param observedGeneration the generation that this was found of (kstatus)
 * @param conditions by type: Accepted, Ready
 * @param violations at most 32
 * @param waiversInForce how many waivers have not ended
 * @param waivers those that have not ended
 */
@JsonClassDescription("What was found. The operator writes it and concludes nothing from it.")
@JsonPropertyOrder({"observedGeneration", "conditions", "violations", "waiversInForce", "waivers"})
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record VLLMPolicyStatus(
    @JsonPropertyDescription(
            "The metadata.generation that this was found of; -1 before the operator has seen the object.")
        @Min(-1)
        @Nullable Long observedGeneration,
    @JsonPropertyDescription("Accepted and Ready.") @Size(max = Bounds.CONDITIONS) @ListMap("type")
        List<Condition> conditions,
    @JsonPropertyDescription(
            "What keeps the policy from being in force, at most 32, sorted by path.")
        @Size(max = Bounds.VIOLATIONS)
        List<StatusViolation> violations,
    @JsonPropertyDescription("How many waivers have not ended.") @Min(0)
        @Nullable Integer waiversInForce,
    @JsonPropertyDescription("The waivers that have not ended.") @Size(max = Bounds.WAIVERS)
        List<Waiver> waivers) {

  public VLLMPolicyStatus {
    conditions = Lists.copyOf(conditions);
    violations = Lists.copyOf(violations);
    waivers = Lists.copyOf(waivers);
  }

  /**
   * A waiver that has not ended.
   *
   * @param rule the rule that it lifts
   * @param namespaces where
   * @param expires when it ends, RFC 3339
   */
  @JsonPropertyOrder({"rule", "namespaces", "expires"})
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public record Waiver(
      @JsonPropertyDescription("The rule that it lifts.") @Required @Size(max = 16) String rule,
      @JsonPropertyDescription("Where.") @Size(max = Bounds.NAMESPACES)
          List<@Size(max = 63) String> namespaces,
      @JsonPropertyDescription("When it ends.") @Required @DateTime @Size(max = 64)
          String expires) {

    public Waiver {
      namespaces = Lists.copyOf(namespaces);
    }
  }
}
