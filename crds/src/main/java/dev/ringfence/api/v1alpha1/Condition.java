package dev.ringfence.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonClassDescription;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import org.jspecify.annotations.Nullable;

/**
 * One condition of a status, with the fields and bounds of Kubernetes' own {@code
 * metav1.Condition}.
 *
 * @param type what is said, for example {@code Ready}
 * @param status {@code True}, {@code False} or {@code Unknown}
 * @param observedGeneration the generation of the object that this was found of
 * @param lastTransitionTime when {@code status} last changed, RFC 3339
 * @param reason why, in CamelCase, for programs
 * @param message why, for people; may be empty, at most 32,768 characters
 */
@JsonClassDescription("One observation about this object.")
@JsonPropertyOrder({
  "type",
  "status",
  "observedGeneration",
  "lastTransitionTime",
  "reason",
  "message"
})
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Condition(
    @JsonPropertyDescription("What is said, in CamelCase.")
        @Required
        @Size(max = 316)
        @Pattern(
            "^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$")
        String type,
    @JsonPropertyDescription("True, False or Unknown.") @Required Status status,
    @JsonPropertyDescription("The metadata.generation that this was found of.") @Min(0)
        @Nullable Long observedGeneration,
    @JsonPropertyDescription("When the status last changed.") @Required @DateTime @Size(max = 64)
        String lastTransitionTime,
    @JsonPropertyDescription("Why, in CamelCase, for programs.")
        @Required
        @Size(min = 1, max = 1024)
        @Pattern("^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$")
        String reason,
    @JsonPropertyDescription("Why and what to do, for people.") @Required @Size(max = 32768)
        String message) {

  /** The three values of a condition. */
  public enum Status {
    True,
    False,
    Unknown
  }
}
