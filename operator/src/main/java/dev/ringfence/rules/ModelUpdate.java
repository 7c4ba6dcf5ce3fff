package dev.ringfence.rules;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ringfence.api.v1alpha1.RuleText;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What a TrustedModel may not become. As the CRD's transition rules have it: a field that is there
 * before and after is compared, lists without regard to their order; one that was taken away is
 * missing, which {@link ModelCheck} says. The format has one legal value and needs no comparison.
 */
final class ModelUpdate {
  private ModelUpdate() {}

  static List<Violation> judge(JsonNode before, JsonNode after) {
    Faults faults = new Faults();
    Node was = new Node(before, FieldPath.object(), faults).get("spec");
    Node is = new Node(after, FieldPath.object(), faults).get("spec");
    same(was, is, "source", RuleText.MODEL_IMMUTABLE);
    same(was, is, "architectures", RuleText.MODEL_IMMUTABLE);
    same(was, is, "quantization", RuleText.MODEL_IMMUTABLE);
    same(was, is, "files", RuleText.FILES_IMMUTABLE);
    Node revoked = is.get("revoked");
    if (!was.get("revoked").unset() && revoked.unset()) {
      faults.forbidden(revoked.path(), RuleText.REVOKED_ONE_WAY);
    }
    return faults.sorted();
  }

  private static void same(Node was, Node is, String field, String ruleText) {
    Node old = was.get(field);
    Node now = is.get(field);
    if (!old.unset() && !now.unset() && !comparable(old.json()).equals(comparable(now.json()))) {
      now.faults().inconsistent(now.path(), ruleText);
    }
  }

  /** Lists as bags of their items, objects without their nulls, numbers by value. */
  private static Object comparable(JsonNode json) {
    if (json.isArray()) {
      Map<Object, Integer> bag = new HashMap<>();
      json.forEach(item -> bag.merge(comparable(item), 1, Integer::sum));
      return bag;
    }
    if (json.isObject()) {
      Map<String, Object> fields = new HashMap<>();
      json.properties()
          .forEach(
              e -> {
                if (!e.getValue().isNull()) {
                  fields.put(e.getKey(), comparable(e.getValue()));
                }
              });
      return fields;
    }
    return json.isNumber() ? json.decimalValue().stripTrailingZeros() : json;
  }
}
