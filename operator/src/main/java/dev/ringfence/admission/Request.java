package dev.ringfence.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ringfence.api.v1alpha1.Crd;
import java.util.Arrays;
import java.util.Optional;

/**
 * What a judgement needs of an AdmissionReview.
 *
 * @param object what is to be stored; empty for a deletion
 * @param oldObject what is stored
 */
record Request(
    String uid,
    String group,
    String resource,
    String subresource,
    String operation,
    String namespace,
    String name,
    Optional<ObjectNode> object,
    Optional<ObjectNode> oldObject) {

  /** The longest uid that is echoed; the API server sends 36 characters. */
  private static final int LONGEST_UID = 128;

  /** Empty when it is no AdmissionReview of version 1 with a request that can be answered. */
  static Optional<Request> read(JsonNode review) {
    JsonNode request = review.path("request");
    JsonNode uid = request.path("uid");
    if (!review.path("apiVersion").asText().equals("admission.k8s.io/v1")
        || !review.path("kind").asText().equals("AdmissionReview")
        || !uid.isTextual()
        || uid.textValue().isEmpty()
        || uid.textValue().length() > LONGEST_UID
        || !request.path("resource").path("resource").isTextual()
        || !request.path("operation").isTextual()) {
      return Optional.empty();
    }
    return Optional.of(
        new Request(
            uid.textValue(),
            request.path("resource").path("group").asText(),
            request.path("resource").path("resource").textValue(),
            request.path("subResource").asText(),
            request.path("operation").textValue(),
            request.path("namespace").asText(),
            request.path("name").asText(),
            object(request.path("object")),
            object(request.path("oldObject"))));
  }

  /** Which of our kinds it is about. */
  Optional<Crd> kind() {
    return Arrays.stream(Crd.values())
        .filter(c -> group.equals(Crd.GROUP) && resource.equals(c.plural()))
        .findFirst();
  }

  private static Optional<ObjectNode> object(JsonNode node) {
    return node instanceof ObjectNode object ? Optional.of(object) : Optional.empty();
  }
}
