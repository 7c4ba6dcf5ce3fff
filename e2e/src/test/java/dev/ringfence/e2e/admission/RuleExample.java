package dev.ringfence.e2e.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ringfence.input.InputReader;
import dev.ringfence.input.Manifest;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * An example of a rule, as the README beside the operator's examples says what one is. There every
 * one is judged by {@code validate}'s engine; here they meet a real API server.
 *
 * @param file where it is
 * @param why its first lines
 * @param lines what {@code validate} says, every message of every object
 * @param body the YAML as it is written
 */
record RuleExample(Path file, String why, List<String> lines, String body) {
  static final Path FOLDER = Path.of("../operator/src/test/resources/rules");

  /** The day that the examples are judged on. */
  static final Instant DAY = Instant.parse("2026-06-01T00:00:00Z");

  private static final String ABSENT = "<absent>";

  /**
   * An object that the example writes.
   *
   * @param lines what is said of it
   * @param beside all that is there before it
   */
  record Written(ObjectNode object, List<String> lines, List<ObjectNode> beside) {
    String kind() {
      return object.path("kind").asText();
    }
  }

  static List<RuleExample> all() {
    try (Stream<Path> files = Files.walk(FOLDER, 2)) {
      return files
          .filter(f -> f.getName(f.getNameCount() - 2).toString().startsWith("VLLM-"))
          .sorted()
          .map(RuleExample::of)
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static RuleExample of(Path file) {
    List<String> why = new ArrayList<>();
    List<String> lines = new ArrayList<>();
    List<String> body = new ArrayList<>();
    boolean said = false;
    try {
      for (String line : Files.readAllLines(file)) {
        if (!body.isEmpty() || !line.startsWith("#")) {
          body.add(line);
        } else if (line.equals("# rejected:") || line.equals("# accepted:")) {
          said = true;
        } else if (!line.equals("# page")) { // where it is shown, for those who write the pages
          (said ? lines : why).add(line.substring(1).strip());
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new RuleExample(
        file, String.join(" ", why), List.copyOf(lines), String.join("\n", body) + "\n");
  }

  String rule() {
    return file.getName(file.getNameCount() - 2).toString();
  }

  boolean rejected() {
    return file.getFileName().toString().startsWith("rejected-");
  }

  /** Whether it is about an update. */
  boolean update() {
    return body.contains("was:");
  }

  /** What its object is an update of; empty when it is about none. */
  Optional<ObjectNode> before() {
    Map<String, ObjectNode> base = base();
    return read(body).stream()
        .filter(patch -> patch.path("was") instanceof ObjectNode)
        .findFirst()
        .map(
            patch -> {
              String kind = patch.path("kind").asText("VLLMDeployment");
              String name = patch.path("metadata").path("name").asText(first(base, kind));
              ObjectNode start =
                  base.getOrDefault(
                      kind + "/" + name,
                      base.getOrDefault(
                          kind + "/" + first(base, kind), JsonNodeFactory.instance.objectNode()));
              return merged(start, (ObjectNode) patch.path("was"));
            });
  }

  List<Written> written() {
    Map<String, ObjectNode> base = base();
    List<ObjectNode> there =
        new ArrayList<>(
            base.values().stream()
                .filter(o -> !o.path("kind").asText().equals("VLLMDeployment"))
                .toList());
    List<Written> written = new ArrayList<>();
    List<ObjectNode> patches = read(body);
    // Policies, models and namespaces lie beside workloads wherever they stand in the file.
    for (boolean workloads : new boolean[] {false, true}) {
      for (ObjectNode patch : patches) {
        String kind = patch.path("kind").asText("VLLMDeployment");
        if (kind.equals("VLLMDeployment") != workloads) {
          continue;
        }
        String name = patch.path("metadata").path("name").asText(first(base, kind));
        ObjectNode start =
            base.getOrDefault(
                kind + "/" + name,
                base.getOrDefault(
                    kind + "/" + first(base, kind), JsonNodeFactory.instance.objectNode()));
        ObjectNode change = patch.deepCopy();
        change.remove("was");
        ObjectNode object = merged(start, change);
        String subject =
            kind.equals("VLLMDeployment") && name.equals("chat") ? "" : kind + " " + name + ": ";
        written.add(
            new Written(
                object,
                lines.stream()
                    .filter(
                        l ->
                            subject.isEmpty()
                                ? !l.matches("[A-Z]\\w+ \\S+: .*")
                                : l.startsWith(subject))
                    .map(l -> l.substring(subject.length()))
                    .filter(l -> !l.startsWith("warning: "))
                    .toList(),
                List.copyOf(there)));
        there.removeIf(
            o ->
                o.path("kind").equals(object.path("kind"))
                    && o.path("metadata").path("name").equals(object.path("metadata").path("name"))
                    && o.path("metadata")
                        .path("namespace")
                        .equals(object.path("metadata").path("namespace")));
        there.add(object);
      }
    }
    return written;
  }

  static Map<String, ObjectNode> base() {
    Map<String, ObjectNode> base = new LinkedHashMap<>();
    for (String file : List.of("policy", "models", "namespaces", "workload")) {
      try {
        for (ObjectNode o : read(Files.readString(FOLDER.resolve("base/" + file + ".yaml")))) {
          base.put(o.path("kind").asText() + "/" + o.path("metadata").path("name").asText(), o);
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return base;
  }

  private static String first(Map<String, ObjectNode> base, String kind) {
    Optional<String> first =
        base.keySet().stream().filter(k -> k.startsWith(kind + "/")).findFirst();
    return first.map(k -> k.substring(kind.length() + 1)).orElse("");
  }

  private static List<ObjectNode> read(String yaml) {
    return new InputReader(new ByteArrayInputStream(yaml.getBytes(StandardCharsets.UTF_8)))
        .read("-").manifests().stream().map(Manifest::json).map(ObjectNode.class::cast).toList();
  }

  private static ObjectNode merged(ObjectNode from, ObjectNode patch) {
    ObjectNode result = from.deepCopy();
    for (Map.Entry<String, JsonNode> e : patch.properties()) {
      JsonNode there = result.path(e.getKey());
      if (e.getValue().asText().equals(ABSENT)) {
        result.remove(e.getKey());
      } else if (e.getValue() instanceof ObjectNode inner) {
        result.set(
            e.getKey(),
            merged(
                there instanceof ObjectNode o ? o : JsonNodeFactory.instance.objectNode(), inner));
      } else {
        result.set(e.getKey(), e.getValue());
      }
    }
    return result;
  }

  /** As JSON, which is YAML that kubectl reads. */
  static String yaml(ObjectNode object) {
    try {
      return new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(object) + "\n";
    } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public String toString() {
    return rule() + "/" + file.getFileName();
  }
}
