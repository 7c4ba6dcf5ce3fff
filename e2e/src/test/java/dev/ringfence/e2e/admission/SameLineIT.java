package dev.ringfence.e2e.admission;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ringfence.api.v1alpha1.Crd;
import dev.ringfence.validate.Inputs;
import dev.ringfence.validate.Report;
import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every example of every rule, on a real API server, before each ring in turn. The API server stops
 * at the first stage that finds something: decoding, then schema and CEL, then the webhook. With
 * all of them taken away, the running operator is alone. Whoever it is, a line of ours is the line
 * that {@code validate} prints, byte for byte; what the rules reject nobody lets through, and what
 * they accept nobody refuses.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class SameLineIT {
  /** Where the API server stopped. */
  private enum Stage {
    DECODING,
    DEFINITION,
    WEBHOOK,
    NONE
  }

  /** Of one object twice in one input only an input can tell. */
  private static final String TWICE = "VLLM-001/rejected-twice.yaml";

  /**
   * CEL cannot name an item of a list or a map: of these rules it names the list, and the engine
   * the item. The words are the same.
   */
  private static final Set<String> OF_A_WHOLE_LIST = Set.of("VLLM-106", "VLLM-510");

  private static final String HOME = "team-a";

  @TempDir private static @Nullable Path folder;
  private static @Nullable GivenWebhook webhook;

  /** An object that breaks rules, and the lines that everybody says of it. */
  private record Subject(String example, ObjectNode object, List<String> lines) {}

  @BeforeAll
  static void start() throws IOException {
    webhook = GivenWebhook.start();
  }

  @AfterAll
  static void stop() {
    if (webhook != null) {
      webhook.close();
    }
  }

  private static GivenWebhook there() {
    return requireNonNull(webhook);
  }

  @Test
  @Order(1)
  void definitionWebhookAndCommandLineSayTheSame() {
    TreeMap<Stage, Integer> stages = new TreeMap<>();
    TreeSet<String> ofAList = new TreeSet<>();
    StringBuilder wrong = new StringBuilder();
    namespaces();
    for (RuleExample example : RuleExample.all()) {
      for (RuleExample.Written written : example.written()) {
        if (!ours(written) || example.toString().equals(TWICE)) {
          continue;
        }
        try {
          stages.merge(judge(example, written, ofAList), 1, Integer::sum);
          if (!example.update()) {
            assertThat(validated(written)).as("validate").isEqualTo(written.lines());
          }
        } catch (AssertionError e) {
          wrong.append(example).append(": ").append(e.getMessage()).append("\n\n");
        }
      }
    }
    assertThat(wrong.toString()).isEmpty();
    System.out.println("Where the API server stopped: " + stages);
    assertThat(ofAList).isSubsetOf(OF_A_WHOLE_LIST);
    assertThat(stages.keySet()).contains(Stage.values());
    assertThat(stages.get(Stage.WEBHOOK)).isGreaterThan(100);
    assertThat(stages.get(Stage.DEFINITION)).isGreaterThan(100);
  }

  private static void namespaces() {
    for (RuleExample example : RuleExample.all()) {
      for (RuleExample.Written written : example.written()) {
        String name = written.object().path("metadata").path("namespace").asText();
        if (name.matches("[a-z0-9-]{1,63}")) {
          namespace(name);
        }
      }
    }
  }

  private static void namespace(String name) {
    ObjectNode namespace = Installed.YAML.createObjectNode();
    namespace.put("apiVersion", "v1").put("kind", "Namespace");
    namespace.putObject("metadata").put("name", name);
    Installed.apply(there().plane().client(), namespace);
  }

  /** A kind or version that is not served is refused before anybody is asked. */
  private static boolean ours(RuleExample.Written written) {
    return written.object().path("metadata").hasNonNull("name")
        && written.object().path("apiVersion").asText().equals("ringfence.dev/v1alpha1")
        && Arrays.stream(Crd.values()).anyMatch(c -> c.kind().equals(written.kind()));
  }

  private static Stage judge(
      RuleExample example, RuleExample.Written written, Set<String> ofAList) {
    there().facts().are(written.beside());
    Optional<Status> refusal = refusal(example, written.object());
    if (refusal.isEmpty()) {
      assertThat(written.lines()).as("let through").isEmpty();
      return Stage.NONE;
    }
    Status status = refusal.get();
    assertThat(written.lines()).as("refused: %s", status.getMessage()).isNotEmpty();
    if (status.getCode() == 400) {
      assertThat(status.getMessage()).containsAnyOf("decoding error", "cannot be handled as");
      return Stage.DECODING;
    }
    List<String> lines =
        status.getDetails().getCauses().stream()
            .map(c -> c.getField() + ": " + c.getMessage())
            .toList();
    if (status.getMessage().startsWith("admission webhook \"")) {
      assertThat(lines).isEqualTo(written.lines());
      return Stage.WEBHOOK;
    }
    for (String said : lines) {
      String line = ascii(said);
      if (line.contains("VLLM-") && !written.lines().contains(line)) {
        assertThat(written.lines()).as("CEL: %s", line).anyMatch(l -> ofTheWhole(line, l));
        ofAList.add(words(line).substring(0, "VLLM-000".length()));
      }
    }
    return Stage.DEFINITION;
  }

  /** The API server prints a value as it was typed; ours are ASCII. */
  private static String ascii(String line) {
    StringBuilder ascii = new StringBuilder();
    line.chars()
        .forEach(
            c -> ascii.append(c < 0x7f ? String.valueOf((char) c) : String.format("\\u%04x", c)));
    return ascii.toString();
  }

  /** Whether CEL says of a list or map what the engine says of one of its items. */
  private static boolean ofTheWhole(String ofCel, String ofTheEngine) {
    String list = ofCel.substring(0, ofCel.indexOf(": "));
    return ofTheEngine.startsWith(list + "[") && words(ofCel).equals(words(ofTheEngine));
  }

  private static String words(String line) {
    return line.substring(line.indexOf("VLLM-"));
  }

  /** What {@code validate -o json} says of it, after what {@code -o text} says is the same. */
  private static List<String> validated(RuleExample.Written written) {
    Path file = requireNonNull(folder).resolve("object.yaml");
    Path beside = requireNonNull(folder).resolve("beside.yaml");
    try {
      Files.writeString(file, RuleExample.yaml(written.object()));
      ObjectNode list = Installed.YAML.createObjectNode();
      list.put("apiVersion", "v1").put("kind", "List");
      list.putArray("items")
          .addAll(
              written.beside().stream()
                  .filter(o -> !BareOperator.path(o).equals(BareOperator.path(written.object())))
                  .toList());
      Files.writeString(beside, RuleExample.yaml(list));
      Report report =
          Inputs.judge(
              // In the order in which they came to be.
              List.of(beside.toString(), file.toString()),
              List.of(),
              InputStream.nullInputStream(),
              RuleExample.DAY);
      List<String> lines = new ArrayList<>();
      Installed.YAML
          .readTree(report.in(Report.Format.json))
          .path("objects")
          .forEach(
              o -> {
                if (o.path("file").asText().equals(file.toString())) {
                  o.path("violations").forEach(v -> lines.add(v.path("message").asText()));
                }
              });
      List<String> text = report.in(Report.Format.text).lines().toList();
      for (String line : lines) {
        assertThat(text).as("validate -o text").anyMatch(t -> t.endsWith(" " + line));
      }
      return lines;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** As kubectl sends numbers: 60.0 is 60. */
  private static JsonNode plainNumbers(JsonNode node) {
    if (node instanceof ObjectNode map) {
      map.properties().forEach(e -> e.setValue(plainNumbers(e.getValue())));
    } else if (node instanceof ArrayNode list) {
      for (int i = 0; i < list.size(); i++) {
        list.set(i, plainNumbers(list.get(i)));
      }
    } else if (node.isFloatingPointNumber()) {
      BigDecimal number = node.decimalValue().stripTrailingZeros();
      return number.scale() <= 0 && number.scale() > -18
          ? JsonNodeFactory.instance.numberNode(number.toBigInteger())
          : node;
    }
    return node;
  }

  /** As text, since some examples are nothing that a typed client could send. */
  private static Optional<Status> refusal(RuleExample example, ObjectNode written) {
    ObjectNode object = (ObjectNode) plainNumbers(written.deepCopy());
    var client = there().plane().client();
    Optional<ObjectNode> before = example.before();
    try {
      if (before.isEmpty()) {
        client.raw(
            BareOperator.folder(object) + "?dryRun=All&fieldValidation=Strict",
            "POST",
            object.toString());
        return Optional.empty();
      }
      JsonNode stored =
          Installed.YAML.readTree(
              client.raw(BareOperator.folder(object), "POST", before.get().toString()));
      ((ObjectNode) object.path("metadata"))
          .set("resourceVersion", stored.path("metadata").path("resourceVersion"));
      client.raw(
          BareOperator.path(object) + "?dryRun=All&fieldValidation=Strict",
          "PUT",
          object.toString());
      return Optional.empty();
    } catch (KubernetesClientException e) {
      return Optional.ofNullable(e.getStatus());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      if (before.isPresent()) {
        client.raw(BareOperator.path(object), "DELETE", "");
      }
    }
  }

  @Test
  @Order(2)
  void theOperatorAloneSaysTheSame() {
    Map<String, String> wrong = new LinkedHashMap<>();
    List<String> unstorable = new ArrayList<>();
    int judged = 0;
    try (BareOperator operator = BareOperator.start(there().plane())) {
      // Most stand alone beside the base: each in a namespace of its own, all at once.
      operator.beside(GivenWebhook.base());
      List<Subject> atOnce = new ArrayList<>();
      for (RuleExample example : RuleExample.all()) {
        if (alone(example)) {
          Subject subject = elsewhere(example, "line-" + atOnce.size());
          Optional<String> refusal = operator.create(subject.object());
          if (refusal.isPresent()) {
            unstorable.add(example + ": " + refusal.get());
          } else {
            atOnce.add(subject);
          }
        }
      }
      judged += atOnce.size();
      wrong.putAll(differences(operator, atOnce));
      assertThat(there().plane().client().apps().deployments().inAnyNamespace().list().getItems())
          .as("nothing unchecked is rendered")
          .isEmpty();
      for (RuleExample example : RuleExample.all()) {
        if (!alone(example)) {
          judged += oneAfterAnother(operator, example, wrong, unstorable);
        }
      }
    }
    System.out.printf(
        "The operator alone: %d objects refused in the same words; the API server's own machinery stored %d others not%n",
        judged - wrong.size(), unstorable.size());
    assertThat(wrong.values()).isEmpty();
    assertThat(unstorable)
        .allMatch(
            u ->
                u.contains("metadata.")
                    || u.contains("cannot be handled as")
                    || u.contains("cannot unmarshal")
                    || u.contains("the name of the object"));
    assertThat(judged).isGreaterThan(300);
  }

  /** One workload that is rejected beside the base as it is. */
  private static boolean alone(RuleExample example) {
    if (!example.rejected() || example.update() || example.toString().equals(TWICE)) {
      return false;
    }
    List<RuleExample.Written> written = example.written();
    return written.size() == 1
        && ours(written.get(0))
        && written.get(0).kind().equals("VLLMDeployment")
        && written.get(0).object().path("metadata").path("namespace").asText().equals(HOME)
        && written.get(0).beside().equals(GivenWebhook.base());
  }

  /** The example in another namespace that is as its own. */
  private static Subject elsewhere(RuleExample example, String name) {
    ObjectNode home = requireNonNull(RuleExample.base().get("Namespace/" + HOME)).deepCopy();
    ((ObjectNode) home.path("metadata")).put("name", name);
    Installed.apply(there().plane().client(), home);
    RuleExample.Written written = example.written().get(0);
    ObjectNode object = (ObjectNode) plainNumbers(written.object().deepCopy());
    ((ObjectNode) object.path("metadata")).put("namespace", name);
    return new Subject(
        example.toString(),
        object,
        seenByTheOperator(written.lines()).stream()
            .map(l -> l.replace("namespace " + HOME + " ", "namespace " + name + " "))
            .toList());
  }

  /**
   * @return how many objects were judged
   */
  private static int oneAfterAnother(
      BareOperator operator,
      RuleExample example,
      Map<String, String> wrong,
      List<String> unstorable) {
    if (!example.rejected() || example.toString().equals(TWICE)) {
      return 0;
    }
    int judged = 0;
    for (RuleExample.Written written : example.written()) {
      if (!ours(written) || written.lines().isEmpty()) {
        continue;
      }
      operator.beside(written.beside());
      if (written.beside().stream()
          .anyMatch(o -> o.path("kind").asText().equals("VLLMDeployment"))) {
        // Who was there first is told by the second.
        await().pollDelay(Duration.ofMillis(1100)).until(() -> true);
      }
      ObjectNode object = (ObjectNode) plainNumbers(written.object().deepCopy());
      Optional<String> refusal = operator.place(object, example.before());
      if (refusal.isPresent()) {
        unstorable.add(example + ": " + refusal.get());
        continue;
      }
      judged++;
      wrong.putAll(
          differences(
              operator,
              List.of(
                  new Subject(example.toString(), object, seenByTheOperator(written.lines())))));
    }
    return judged;
  }

  /** It reads metadata and spec; a field beside them is nothing that it could act on. */
  private static List<String> seenByTheOperator(List<String> lines) {
    return lines.stream().filter(l -> l.startsWith("spec") || l.startsWith("metadata")).toList();
  }

  /** What is still different after a while, by example. */
  private static Map<String, String> differences(BareOperator operator, List<Subject> subjects) {
    Map<String, String> different = new LinkedHashMap<>();
    long end = System.nanoTime() + Duration.ofSeconds(10 + subjects.size() / 3).toNanos();
    List<Subject> left = subjects;
    while (!left.isEmpty()) {
      JsonNode events = operator.read("/apis/events.k8s.io/v1/events");
      different.clear();
      List<Subject> again = new ArrayList<>();
      for (Subject s : left) {
        JsonNode object = operator.read(BareOperator.path(s.object()));
        Optional<String> difference =
            BareOperator.isSeen(object)
                ? Refused.difference(object, s.lines(), events)
                : Optional.of("not judged");
        if (difference.isPresent()) {
          different.put(s.example(), s.example() + ": " + difference.get());
          again.add(s);
        }
      }
      left = again;
      if (System.nanoTime() > end) {
        break;
      }
      if (!left.isEmpty()) {
        await().pollDelay(Duration.ofMillis(100)).until(() -> true);
      }
    }
    return different;
  }
}
