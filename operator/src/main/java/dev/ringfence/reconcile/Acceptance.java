package dev.ringfence.reconcile;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.apps.ControllerRevision;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What was accepted, in a ControllerRevision: its data cannot be changed, and a namespace's editors
 * may not write one. What happened to it since stands in annotations.
 *
 * @param inputs what was accepted
 * @param heldSince since when it serves although it is not acceptable any more
 * @param restarts the engines that were restarted onto it, by tenant
 * @param failure set when an engine did not get Ready under it
 */
record Acceptance(
    ControllerRevision revision,
    Inputs inputs,
    Optional<Instant> heldSince,
    Map<String, Restart> restarts,
    Optional<Failure> failure) {

  /** The two records of a workload. */
  enum Role {
    /** What is accepted now. */
    CURRENT("current"),
    /** The last under which the workload was Ready. */
    READY("ready");

    private final String text;

    Role(String text) {
      this.text = text;
    }

    String text() {
      return text;
    }
  }

  static final String ROLE = "ringfence.dev/record";
  static final String HELD_SINCE = "ringfence.dev/held-since";
  static final String RESTARTS = "ringfence.dev/restarts";
  static final String FAILED = "ringfence.dev/failed";

  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * A tenant's engines were restarted.
   *
   * @param template digest of the pod template that they were restarted with
   * @param cause what the restart shares with those of other workloads
   */
  record Restart(Instant at, String template, String cause) {}

  /** An engine did not get Ready in its time. */
  record Failure(Instant at, String tenant, String cause) {}

  /**
   * What the last Ready record knows beside the inputs.
   *
   * @param cause proven by it
   * @param templates digest of each tenant's rendered pod template
   * @param deployments digest of each tenant's Deployment as the API server had it
   */
  record Proof(
      Instant at, String cause, Map<String, String> templates, Map<String, String> deployments) {
    ObjectNode json() {
      ObjectNode json = JsonNodeFactory.instance.objectNode();
      json.put("at", at.toString());
      json.put("cause", cause);
      ObjectNode templateNode = json.putObject("templates");
      new TreeMap<>(templates).forEach(templateNode::put);
      ObjectNode deploymentNode = json.putObject("deployments");
      new TreeMap<>(deployments).forEach(deploymentNode::put);
      return json;
    }
  }

  /** Empty when the object does not have our shape. */
  static Optional<Acceptance> read(ControllerRevision revision) {
    return Inputs.read(data(revision).path("inputs"))
        .map(
            inputs ->
                new Acceptance(
                    revision,
                    inputs,
                    annotation(revision, HELD_SINCE).flatMap(Acceptance::instant),
                    restarts(revision),
                    failure(revision)));
  }

  static ObjectNode data(Inputs inputs, Optional<Proof> proof) {
    ObjectNode data = JsonNodeFactory.instance.objectNode();
    data.set("inputs", inputs.json());
    proof.ifPresent(p -> data.set("proof", p.json()));
    return data;
  }

  /** The same, held since then. */
  Acceptance held(Optional<Instant> since) {
    return new Acceptance(revision, inputs, since, restarts, failure);
  }

  /** Whether it is the same object, whatever its annotations. */
  boolean is(Acceptance other) {
    return revision.getMetadata().getName().equals(other.revision.getMetadata().getName());
  }

  /** What was proven; empty when the record is not one of the last Ready. */
  Optional<Proof> proof() {
    return proof(revision);
  }

  static Optional<Proof> proof(ControllerRevision revision) {
    JsonNode json = data(revision).path("proof");
    return instant(json.path("at").asText())
        .map(
            at ->
                new Proof(
                    at,
                    json.path("cause").asText(),
                    texts(json.path("templates")),
                    texts(json.path("deployments"))));
  }

  static Optional<Failure> failure(ControllerRevision revision) {
    return annotation(revision, FAILED)
        .flatMap(Acceptance::parse)
        .flatMap(
            json ->
                instant(json.path("at").asText())
                    .map(
                        at ->
                            new Failure(
                                at, json.path("tenant").asText(), json.path("cause").asText())));
  }

  static Map<String, Restart> restarts(ControllerRevision revision) {
    Map<String, Restart> restarts = new TreeMap<>();
    annotation(revision, RESTARTS)
        .flatMap(Acceptance::parse)
        .ifPresent(
            json ->
                json.properties()
                    .forEach(
                        field ->
                            instant(field.getValue().path("at").asText())
                                .ifPresent(
                                    at ->
                                        restarts.put(
                                            field.getKey(),
                                            new Restart(
                                                at,
                                                field.getValue().path("template").asText(),
                                                field.getValue().path("cause").asText())))));
    return restarts;
  }

  static String text(Map<String, Restart> restarts) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    new TreeMap<>(restarts)
        .forEach(
            (tenant, restart) ->
                json.putObject(tenant)
                    .put("at", restart.at().toString())
                    .put("template", restart.template())
                    .put("cause", restart.cause()));
    return json.toString();
  }

  static String text(Failure failure) {
    return JsonNodeFactory.instance
        .objectNode()
        .put("at", failure.at().toString())
        .put("tenant", failure.tenant())
        .put("cause", failure.cause())
        .toString();
  }

  private static JsonNode data(ControllerRevision revision) {
    return revision.getData() == null
        ? JsonNodeFactory.instance.missingNode()
        : JSON.valueToTree(revision.getData());
  }

  private static Optional<String> annotation(ControllerRevision revision, String name) {
    Map<String, String> annotations = revision.getMetadata().getAnnotations();
    return annotations == null ? Optional.empty() : Optional.ofNullable(annotations.get(name));
  }

  private static Optional<JsonNode> parse(String text) {
    try {
      return Optional.of(JSON.readTree(text));
    } catch (JsonProcessingException e) {
      return Optional.empty();
    }
  }

  private static Optional<Instant> instant(String text) {
    try {
      return Optional.of(Instant.parse(text));
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }

  private static Map<String, String> texts(JsonNode node) {
    Map<String, String> texts = new TreeMap<>();
    node.properties().forEach(field -> texts.put(field.getKey(), field.getValue().asText()));
    return texts;
  }
}
