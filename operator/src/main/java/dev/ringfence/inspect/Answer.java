package dev.ringfence.inspect;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** What the API server says to a read. */
public sealed interface Answer {
  /**
   * @param json an object, or the items of a list
   */
  record Found(JsonNode json) implements Answer {}

  record Absent() implements Answer {}

  /** Who asks may not know. */
  record Forbidden() implements Answer {}

  /** The object; missing unless it was found. */
  default JsonNode json() {
    return this instanceof Found found ? found.json() : JsonNodeFactory.instance.missingNode();
  }

  /** The items of a list, none unless it was found. */
  default Stream<JsonNode> items() {
    return StreamSupport.stream(json().spliterator(), false);
  }

  default Optional<JsonNode> found() {
    return this instanceof Found found ? Optional.of(found.json()) : Optional.empty();
  }

  default boolean absent() {
    return this instanceof Absent;
  }

  default boolean forbidden() {
    return this instanceof Forbidden;
  }
}
