package dev.ringfence.rules;

import java.math.BigDecimal;
import java.util.Optional;

/** Upper limits that a policy sets: how they are compared, and what is said when one is passed. */
final class Upper {
  private Upper() {}

  /**
   * The value to use: what is written when it is within the limit, else the smaller of default and
   * limit.
   *
   * @param together other fields that usually change with this one; empty when it stands alone
   */
  static int integer(
      Node node, String ruleText, long most, int limit, int otherwise, String together) {
    Optional<Integer> value = node.integer(ruleText, 1, most);
    if (value.isPresent() && value.get() > limit) {
      passed(node, Faults.ruleOf(ruleText), String.valueOf(limit), together);
    }
    return value.orElse(Math.min(otherwise, limit));
  }

  static BigDecimal number(
      Node node, String ruleText, BigDecimal most, BigDecimal limit, BigDecimal otherwise) {
    Optional<BigDecimal> value =
        node.number(
            Faults.ruleOf(ruleText),
            n -> n.signum() > 0 && n.compareTo(most) <= 0,
            Faults.detailOf(ruleText));
    if (value.isPresent() && value.get().compareTo(limit) > 0) {
      passed(node, Faults.ruleOf(ruleText), limit.toPlainString(), "");
    }
    return value.orElse(otherwise.min(limit));
  }

  static void passed(Node node, Rule rule, String limit, String together) {
    String path = node.path().toString();
    String field = path.substring(path.lastIndexOf('.') + 1);
    node.faults()
        .invalid(
            node,
            rule,
            "must be at most "
                + limit
                + ", the policy's limit here; lower it"
                + (together.isEmpty() ? "" : " (" + together + " belong together)")
                + ", or ask the platform team for an overrides entry of the VLLMPolicy with limits."
                + field
                + ": "
                + Shown.of(node.json()).orElse(""));
  }
}
