package dev.ringfence.input;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * One object of an input.
 *
 * @param file as the user named it; {@code -} for standard input
 * @param document its document in the file, from 1; the items of a List share their List's number
 * @param json the whole object
 * @param lines where its fields stand
 */
public record Manifest(String file, int document, JsonNode json, Lines lines) {
  public String apiVersion() {
    return json.path("apiVersion").asText("");
  }

  public String kind() {
    return json.path("kind").asText("");
  }

  public String name() {
    return json.path("metadata").path("name").asText("");
  }

  /** Empty when none is given. */
  public String namespace() {
    return json.path("metadata").path("namespace").asText("");
  }
}
