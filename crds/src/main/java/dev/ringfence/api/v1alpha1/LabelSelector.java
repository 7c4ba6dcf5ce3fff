package dev.ringfence.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonClassDescription;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Kubernetes' own label selector, bounded.
 *
 * @param matchLabels labels that must have these values
 * @param matchExpressions further conditions, all of which must hold
 */
@JsonClassDescription("A label selector; matchLabels and matchExpressions must all hold.")
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record LabelSelector(
    @JsonPropertyDescription("Labels that must have exactly these values.")
        @Size(max = Bounds.SELECTOR_LABELS)
        @Nullable Map<String, @Size(max = 63) @Pattern(Patterns.LABEL_VALUE) String> matchLabels,
    @JsonPropertyDescription("Further conditions, all of which must hold.")
        @Size(max = Bounds.SELECTOR_EXPRESSIONS)
        @Nullable List<Expression> matchExpressions) {

  /**
   * One condition of a selector.
   *
   * @param key the label's name
   * @param operator how the label is compared
   * @param values what with, for {@code In} and {@code NotIn}
   */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public record Expression(
      @JsonPropertyDescription("The label's name.")
          @Required
          @Size(max = 317)
          @Pattern(Patterns.LABEL_KEY)
          String key,
      @JsonPropertyDescription("In and NotIn need values, Exists and DoesNotExist have none.")
          @Required
          Operator operator,
      @JsonPropertyDescription("The values for In and NotIn.") @Size(max = Bounds.SELECTOR_VALUES)
          @Nullable List<@Size(max = 63) @Pattern(Patterns.LABEL_VALUE) String> values) {

    /** How a label is compared. */
    public enum Operator {
      In,
      NotIn,
      Exists,
      DoesNotExist
    }
  }
}
