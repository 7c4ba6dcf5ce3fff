package dev.ringfence.guard.request;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ringfence.guard.json.Json;
import dev.ringfence.guard.json.JsonFault;
import dev.ringfence.guard.json.JsonReader;
import dev.ringfence.guard.policy.Endpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every field of vLLM's own request models is open or refused by name: a version that brings a new
 * one fails here.
 */
class FieldClassificationTest {
  private static final Map<Endpoint, String> TABLES =
      Map.of(
          Endpoint.CHAT, "chatCompletions",
          Endpoint.COMPLETIONS, "completions",
          Endpoint.EMBEDDINGS, "embeddings",
          Endpoint.RESPONSES, "responses",
          Endpoint.MESSAGES, "messages",
          Endpoint.TOKENIZE, "tokenize");

  /**
   * Fields of one endpoint that another one opens under the same name, or whose refusal needs no
   * name of its own.
   */
  private static final Map<Endpoint, Set<String>> CLOSED_HERE =
      Map.of(
          Endpoint.EMBEDDINGS, Set.of("messages"),
          Endpoint.RESPONSES, Set.of("prompt"),
          Endpoint.CHAT, Set.of(),
          Endpoint.COMPLETIONS, Set.of(),
          Endpoint.MESSAGES, Set.of(),
          Endpoint.TOKENIZE, Set.of());

  static Stream<Path> registries() throws IOException {
    try (Stream<Path> files = Files.list(Path.of("../tools/vllm/data"))) {
      return files
          .filter(f -> f.getFileName().toString().startsWith("registries-"))
          .sorted()
          .toList()
          .stream();
    }
  }

  private static Json.Obj requestFields(Path registry) throws IOException, JsonFault {
    Json json = JsonReader.read(Files.readAllBytes(registry), JsonReader.Bounds.LARGE);
    return (Json.Obj) java.util.Objects.requireNonNull(((Json.Obj) json).get("requestFields"));
  }

  private static Set<String> fields(Json.Obj tables, String table) {
    Set<String> names = new TreeSet<>();
    Json.Obj t = (Json.Obj) java.util.Objects.requireNonNull(tables.get(table));
    for (Json f : ((Json.Arr) java.util.Objects.requireNonNull(t.get("fields"))).items()) {
      names.add(((Json.Str) java.util.Objects.requireNonNull(((Json.Obj) f).get("name"))).text());
    }
    return names;
  }

  @Test
  void seesEveryVersion() throws IOException {
    assertThat(registries()).hasSizeGreaterThanOrEqualTo(6);
  }

  @ParameterizedTest
  @MethodSource("registries")
  void classifiesEveryField(Path registry) throws IOException, JsonFault {
    Json.Obj tables = requestFields(registry);
    List<String> unknown = new ArrayList<>();
    TABLES.forEach(
        (endpoint, table) -> {
          Set<String> open = java.util.Objects.requireNonNull(Fields.OPEN.get(endpoint)).keySet();
          for (String field : fields(tables, table)) {
            boolean closed =
                Fields.NEVER.contains(field)
                    || java.util.Objects.requireNonNull(CLOSED_HERE.get(endpoint)).contains(field);
            if (!open.contains(field) && !closed) {
              unknown.add(endpoint.label() + ": " + field);
            }
          }
        });
    assertThat(unknown).isEmpty();
  }

  /**
   * Nothing is open that no supported version knows: it would be sent to an engine that takes it
   * for something else.
   */
  @Test
  void opensNothingThatNoVersionKnows() throws IOException, JsonFault {
    Map<Endpoint, Set<String>> known = new java.util.EnumMap<>(Endpoint.class);
    for (Path registry : registries().toList()) {
      Json.Obj tables = requestFields(registry);
      TABLES.forEach(
          (e, table) ->
              known.computeIfAbsent(e, k -> new TreeSet<>()).addAll(fields(tables, table)));
    }
    Fields.OPEN.forEach(
        (e, open) -> assertThat(known.get(e)).as(e.label()).containsAll(open.keySet()));
  }
}
