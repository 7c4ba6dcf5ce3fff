package dev.ringfence.admission;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ringfence.api.v1alpha1.Crd;
import dev.ringfence.rules.Violation;
import java.io.IOException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers AdmissionReviews. Nothing is changed, for a dry run or any other; whatever the bytes are,
 * there is an answer and no exception; the same bytes with the same facts at the same time get the
 * same answer.
 */
public final class Reviewer {
  private static final Logger LOG = LoggerFactory.getLogger(Reviewer.class);

  /** The API server drops warnings beyond 4096 bytes in all, these ones included. */
  private static final int WARNINGS_LENGTH = 4000;

  private static final Pattern NAME = Pattern.compile("[a-z0-9.-]{1,253}");

  /** As many as fit on a page; kubectl shows all of them, from the causes. */
  private static final int MESSAGES = 20;

  private static final ObjectMapper JSON =
      new ObjectMapper(
          JsonFactory.builder()
              .streamReadConstraints(
                  StreamReadConstraints.builder()
                      .maxNestingDepth(200)
                      .maxNumberLength(400)
                      .maxNameLength(100_000)
                      .build())
              .build());

  /**
   * An answer with its HTTP status.
   *
   * @param kind the resource asked about, and what was done to it, for the metrics; both from a
   *     closed list
   */
  record Answer(int status, String body, String kind, String result) {}

  private final Facts facts;
  private final InstantSource clock;

  public Reviewer(Facts facts, InstantSource clock) {
    this.facts = facts;
    this.clock = clock;
  }

  /** The answer to a request's body, as JSON. */
  Answer answer(byte[] body) {
    JsonNode review;
    try {
      review = JSON.readTree(body);
    } catch (JsonProcessingException e) {
      return unreadable("the body is not JSON, or nests too deep");
    } catch (IOException e) {
      return unreadable("the body cannot be read");
    }
    Optional<Request> request = review == null ? Optional.empty() : Request.read(review);
    if (request.isEmpty()) {
      return unreadable("the body is not an AdmissionReview of admission.k8s.io/v1 with a request");
    }
    Outcome outcome;
    try {
      outcome = judge(request.get());
    } catch (RuntimeException | StackOverflowError e) {
      // A defect of ours. Its message may hold a user's text.
      LOG.error(
          "a fault of Ringfence itself ({}) while judging {} {}",
          e.getClass().getSimpleName(),
          request.get().operation(),
          request.get().resource());
      return answered(
          request.get(),
          denied(
              request.get(),
              500,
              "InternalError",
              "a fault of Ringfence itself ("
                  + e.getClass().getSimpleName()
                  + "), please report it; ./ringfence validate judges the same object"),
          "fault");
    }
    return switch (outcome) {
      case Outcome.Allowed a -> answered(request.get(), allowed(request.get(), a), "allowed");
      case Outcome.Invalid i -> answered(request.get(), invalid(request.get(), i), "refused");
      case Outcome.InUse u ->
          answered(request.get(), denied(request.get(), 403, "Forbidden", u.message()), "refused");
      case Outcome.Unreadable u ->
          answered(
              request.get(), denied(request.get(), 400, "BadRequest", u.message()), "unreadable");
    };
  }

  /** What was last seen may be behind what the same person has just written. */
  private Outcome judge(Request request) {
    Instant now = clock.instant();
    Outcome outcome = new Judge(facts, now).judge(request);
    if (!(outcome instanceof Outcome.Invalid)
        || !request.kind().equals(Optional.of(Crd.VLLM_DEPLOYMENT))) {
      return outcome;
    }
    Facts anew = facts.anew(request.namespace(), model(request));
    return anew.equals(facts) ? outcome : new Judge(anew, now).judge(request);
  }

  private static String model(Request request) {
    return request
        .object()
        .map(o -> o.path("spec").path("model").path("ref").asText())
        .filter(name -> NAME.matcher(name).matches())
        .orElse("");
  }

  private static Answer unreadable(String why) {
    ObjectNode status = JSON.createObjectNode();
    status.put("kind", "Status").put("apiVersion", "v1").put("status", "Failure");
    status.put("code", 400).put("reason", "BadRequest").put("message", why);
    return new Answer(400, text(status), "unknown", "unreadable");
  }

  private static Answer answered(Request request, ObjectNode response, String result) {
    ObjectNode review = JSON.createObjectNode();
    review.put("kind", "AdmissionReview").put("apiVersion", "admission.k8s.io/v1");
    review.set("response", response);
    return new Answer(200, text(review), request.kind().map(Crd::plural).orElse("unknown"), result);
  }

  private static String text(ObjectNode tree) {
    try {
      // A text, since half a surrogate pair, which cannot be bytes, is no reason for no answer.
      return JSON.writeValueAsString(tree);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree of texts and numbers can be written", e);
    }
  }

  private static ObjectNode allowed(Request request, Outcome.Allowed outcome) {
    ObjectNode response = JSON.createObjectNode();
    response.put("uid", request.uid()).put("allowed", true);
    warnings(response, outcome.warnings());
    return response;
  }

  private static ObjectNode invalid(Request request, Outcome.Invalid outcome) {
    List<Violation> violations = outcome.violations();
    ObjectNode response = denied(request, 422, "Invalid", message(violations));
    ObjectNode details = ((ObjectNode) response.path("status")).putObject("details");
    details.put("name", name(request));
    details.put("group", request.group());
    details.put("kind", request.kind().map(Crd::kind).orElse(""));
    ArrayNode causes = details.putArray("causes");
    for (Violation v : violations) {
      causes
          .addObject()
          .put("reason", v.kind().reason())
          .put("message", v.cause())
          .put("field", v.path());
    }
    warnings(response, outcome.warnings());
    return response;
  }

  /** A name that is none is not repeated. */
  private static String name(Request request) {
    String name =
        request.object().map(o -> o.path("metadata").path("name").asText()).orElse(request.name());
    return NAME.matcher(name).matches() ? name : "";
  }

  /** For those who quote a message: path and kind first, several in brackets as Kubernetes does. */
  private static String message(List<Violation> violations) {
    if (violations.size() == 1) {
      return violations.get(0).message();
    }
    String shown =
        violations.stream()
            .limit(MESSAGES)
            .map(Violation::message)
            .collect(Collectors.joining(", "));
    int more = violations.size() - MESSAGES;
    return "[" + shown + (more > 0 ? ", and " + more + " more" : "") + "]";
  }

  private static ObjectNode denied(Request request, int code, String reason, String message) {
    ObjectNode response = JSON.createObjectNode();
    response.put("uid", request.uid()).put("allowed", false);
    response
        .putObject("status")
        .put("status", "Failure")
        .put("code", code)
        .put("reason", reason)
        .put("message", message);
    return response;
  }

  private static void warnings(ObjectNode response, List<String> warnings) {
    if (warnings.isEmpty()) {
      return;
    }
    ArrayNode list = response.putArray("warnings");
    int length = 0;
    for (int i = 0; i < warnings.size(); i++) {
      length += warnings.get(i).length();
      if (length > WARNINGS_LENGTH) {
        list.add("and " + (warnings.size() - i) + " more; ./ringfence validate lists all");
        return;
      }
      list.add(warnings.get(i));
    }
  }
}
