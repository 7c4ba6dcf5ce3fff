package dev.ringfence.reconcile;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ringfence.api.v1alpha1.StatusViolation;
import dev.ringfence.resources.RawObject;
import dev.ringfence.rules.Violation;
import java.util.List;
import java.util.stream.Collectors;

/** What the statuses of policies and models have in common. */
final class JudgedStatus {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int MOST = 32;

  private JudgedStatus() {}

  static List<StatusViolation> violations(List<Violation> violations) {
    return violations.stream()
        .limit(MOST)
        .map(v -> new StatusViolation(v.rule().id(), cut(v.path(), 1024), cut(v.message(), 4096)))
        .toList();
  }

  static String lines(List<Violation> violations) {
    return violations.stream().map(Violation::message).collect(Collectors.joining("\n"));
  }

  /**
   * Writes the status unless it stands there already.
   *
   * @return whether it was written
   */
  static boolean write(Api api, RawObject object, Object status) {
    ObjectNode tree = JSON.valueToTree(status);
    if (Trees.digest(tree).equals(Trees.digest(object.status()))) {
      return false;
    }
    ObjectNode body = object.tree();
    ObjectNode metadata = (ObjectNode) body.path("metadata");
    metadata.put("resourceVersion", object.getMetadata().getResourceVersion());
    metadata.put("uid", object.getMetadata().getUid());
    body.set("status", tree);
    api.replaceStatus(object, body);
    return true;
  }

  private static String cut(String text, int longest) {
    return text.length() <= longest ? text : text.substring(0, longest - 3) + "...";
  }
}
