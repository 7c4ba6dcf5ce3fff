package dev.ringfence.rules;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ringfence.input.InputReader;
import dev.ringfence.input.Lines;
import dev.ringfence.input.Manifest;
import dev.ringfence.validate.Batch;
import dev.ringfence.validate.Finding;
import dev.ringfence.vllm.Knowledge;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
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
 * A file below {@code src/test/resources/rules}; their README says what one holds.
 *
 * @param onPage whether the rule's page shows it
 * @param why the file's first lines
 * @param expected what follows {@code # rejected:} or {@code # accepted:}
 * @param body the YAML
 */
record Example(
    Path file, Rule rule, boolean onPage, List<String> why, List<String> expected, String body) {
  static final Path FOLDER = Path.of("src/test/resources/rules");
  static final Instant NOW = Instant.parse("2026-06-01T00:00:00Z");
  static final Knowledge KNOWLEDGE = Knowledge.bundled();

  private static final String ABSENT = "<absent>";
  private static final Map<String, ObjectNode> BASE = base();

  /** What a judgement found: the rules that it names, and every line. */
  record Outcome(List<Rule> rules, List<String> lines) {}

  static List<Example> all() {
    try (Stream<Path> files = Files.walk(FOLDER, 2)) {
      return files.filter(f -> folder(f).startsWith("VLLM-")).sorted().map(Example::of).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String folder(Path file) {
    return file.getName(file.getNameCount() - 2).toString();
  }

  private static Example of(Path file) {
    String folder = folder(file);
    Rule rule = Rule.byId(folder).orElseThrow(() -> new IllegalStateException("no rule " + folder));
    List<String> why = new ArrayList<>();
    List<String> expected = new ArrayList<>();
    List<String> body = new ArrayList<>();
    boolean header = true;
    boolean lines = false;
    boolean onPage = false;
    try {
      for (String line : Files.readAllLines(file)) {
        header = header && line.startsWith("#");
        if (!header) {
          body.add(line);
        } else if (line.equals("# page")) {
          onPage = true;
        } else if (line.equals("# rejected:") || line.equals("# accepted:")) {
          lines = true;
        } else {
          (lines ? expected : why).add(line.substring(1).strip());
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new Example(
        file,
        rule,
        onPage,
        List.copyOf(why),
        List.copyOf(expected),
        String.join("\n", body) + "\n");
  }

  boolean rejected() {
    return file.getFileName().toString().startsWith("rejected-");
  }

  /** The file with other lines. */
  String with(List<String> lines) {
    StringBuilder out = new StringBuilder(onPage ? "# page\n" : "");
    why.forEach(line -> out.append("# ").append(line).append('\n'));
    out.append(rejected() ? "# rejected:\n" : "# accepted:\n");
    lines.forEach(line -> out.append("#   ").append(line).append('\n'));
    return out + body;
  }

  Outcome judge() {
    Map<String, ObjectNode> objects = new LinkedHashMap<>(BASE);
    objects.keySet().removeIf(k -> k.startsWith("VLLMDeployment/"));
    List<JsonNode> written = new ArrayList<>();
    Optional<ObjectNode> before = Optional.empty();
    for (ObjectNode patch : patches()) {
      String kind = patch.path("kind").asText("VLLMDeployment");
      String name = patch.path("metadata").path("name").asText(first(kind));
      ObjectNode start = BASE.getOrDefault(kind + "/" + name, BASE.get(kind + "/" + first(kind)));
      ObjectNode from = start == null ? JsonNodeFactory.instance.objectNode() : start;
      if (patch.remove("was") instanceof ObjectNode was) {
        before = Optional.of(merged(from, was));
      }
      ObjectNode object = merged(from, patch);
      String key = kind + "/" + name;
      // The same object twice in one file is two objects.
      objects.put(
          objects.containsKey(key) && written.contains(objects.get(key)) ? key + "/again" : key,
          object);
      written.add(object);
    }
    List<Finding> findings =
        Batch.judge(
            objects.values().stream().map(o -> new Manifest("-", 1, o, Lines.NONE)).toList(),
            KNOWLEDGE,
            NOW);
    List<Rule> rules = new ArrayList<>();
    List<String> lines = new ArrayList<>();
    for (Finding f : findings) {
      if (!written.contains(f.manifest().json())) {
        continue;
      }
      Finding update = before.isPresent() ? update(before.get(), f, objects) : f;
      String subject =
          f.manifest().kind().equals("VLLMDeployment") && f.manifest().name().equals("chat")
              ? ""
              : f.manifest().kind() + " " + f.manifest().name() + ": ";
      update.violations().forEach(v -> lines.add(subject + v.message()));
      update.warnings().forEach(w -> lines.add(subject + "warning: " + w));
      update.violations().forEach(v -> rules.add(v.rule()));
    }
    return new Outcome(rules, lines);
  }

  /** The finding about an object that replaces another. */
  private static Finding update(ObjectNode before, Finding after, Map<String, ObjectNode> objects) {
    JsonNode json = after.manifest().json();
    if (after.manifest().kind().equals("TrustedModel")) {
      List<Violation> violations = new ArrayList<>(after.violations());
      violations.addAll(Check.modelUpdate(before, json));
      return new Finding(
          after.manifest(),
          violations.stream().sorted().toList(),
          after.warnings(),
          Optional.empty());
    }
    if (!(Check.workload(before, surroundings(objects, Optional.empty()))
        instanceof Verdict.Accepted accepted)) {
      throw new IllegalStateException("what was there must have been accepted");
    }
    Workload was = accepted.workload();
    Verdict verdict =
        Check.workload(
            json,
            surroundings(
                objects, Optional.of(new Surroundings.Before(was.storage(), was.model()))));
    return new Finding(
        after.manifest(),
        verdict instanceof Verdict.Rejected r ? r.violations() : List.of(),
        verdict.warnings(),
        Optional.empty());
  }

  /** What lies beside the base's workload. */
  static Surroundings surroundings(
      Map<String, ObjectNode> objects, Optional<Surroundings.Before> before) {
    Map<String, Optional<TrustedModel>> models = new LinkedHashMap<>();
    Surroundings.PolicyState policy = new Surroundings.PolicyState.Missing();
    for (ObjectNode o : objects.values()) {
      switch (o.path("kind").asText()) {
        case "TrustedModel" ->
            models.put(
                o.path("metadata").path("name").asText(),
                Check.model(o, KNOWLEDGE) instanceof Judged.Valid<TrustedModel> v
                    ? Optional.of(v.value())
                    : Optional.empty());
        case "VLLMPolicy" ->
            policy =
                Check.policy(o, KNOWLEDGE, NOW) instanceof Judged.Valid<Policy> v
                    ? new Surroundings.PolicyState.Valid(v.value())
                    : new Surroundings.PolicyState.Invalid();
        default -> {}
      }
    }
    return new Surroundings(
        policy,
        new Surroundings.Catalogue(models),
        new Surroundings.NamespaceFacts.Known(
            Map.of("pod-security.kubernetes.io/enforce", "restricted")),
        Surroundings.Neighbours.NONE,
        before,
        KNOWLEDGE,
        NOW);
  }

  private List<ObjectNode> patches() {
    return read(body).stream().map(m -> (ObjectNode) m.json()).toList();
  }

  /** A copy of {@code from} with the changes of {@code patch}. */
  private static ObjectNode merged(ObjectNode from, ObjectNode patch) {
    ObjectNode result = from.deepCopy();
    patch
        .properties()
        .forEach(
            e -> {
              if (e.getValue().asText().equals(ABSENT)) {
                result.remove(e.getKey());
              } else if (e.getValue() instanceof ObjectNode inner) {
                ObjectNode start =
                    result.get(e.getKey()) instanceof ObjectNode o
                        ? o
                        : JsonNodeFactory.instance.objectNode();
                result.set(e.getKey(), merged(start, inner));
              } else {
                result.set(e.getKey(), e.getValue());
              }
            });
    return result;
  }

  static Map<String, ObjectNode> base() {
    Map<String, ObjectNode> base = new LinkedHashMap<>();
    for (String file : List.of("policy", "models", "namespaces", "workload")) {
      try {
        for (Manifest m : read(Files.readString(FOLDER.resolve("base/" + file + ".yaml")))) {
          base.put(m.kind() + "/" + m.name(), (ObjectNode) m.json());
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return base;
  }

  private static String first(String kind) {
    return BASE.keySet().stream()
        .filter(k -> k.startsWith(kind + "/"))
        .map(k -> k.substring(kind.length() + 1))
        .findFirst()
        .orElse("");
  }

  static List<Manifest> read(String yaml) {
    InputStream in = new ByteArrayInputStream(yaml.getBytes(StandardCharsets.UTF_8));
    InputReader.Contents contents = new InputReader(in).read("-");
    if (!contents.unreadable().isEmpty()) {
      throw new IllegalStateException(contents.unreadable() + " in " + yaml);
    }
    return contents.manifests();
  }

  @Override
  public String toString() {
    return rule.id() + "/" + file.getFileName();
  }
}
