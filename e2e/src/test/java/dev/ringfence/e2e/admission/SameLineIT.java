package dev.ringfence.e2e.admission;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ringfence.api.v1alpha1.Crd;
import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Every example of every rule, created on a real API server. The API server stops at the first
 * stage that finds something: decoding, then schema and CEL, then the webhook. Whatever stage it
 * is, a line of ours is the line that {@code validate} says; what the rules reject nobody lets
 * through, and what they accept nobody refuses.
 */
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
   * Examples of which the definition says more than the rule engine, with what it says. Each is
   * still refused by both, but for the last: the engine reads a policy without a spec as all
   * defaults.
   */
  private static final Map<String, String> DIFFERENT =
      Map.of(
          "VLLM-102/rejected-same-name-twice.yaml", "VLLM-510 must not be a Secret",
          "VLLM-509/rejected-in-without-values.yaml", "VLLM-509 must have a namespaceSelector",
          "VLLM-507/accepted-empty.yaml", "spec: Required value");

  private static @Nullable GivenWebhook webhook;

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

  @Test
  void everyRingSaysTheSame() {
    TreeMap<Stage, Integer> stages = new TreeMap<>();
    Set<String> differ = new HashSet<>();
    StringBuilder wrong = new StringBuilder();
    namespaces();
    for (RuleExample example : RuleExample.all()) {
      if (example.update()) {
        continue;
      }
      for (RuleExample.Written written : example.written()) {
        if (!ours(written) || example.toString().equals(TWICE)) {
          continue;
        }
        try {
          stages.merge(judge(written), 1, Integer::sum);
        } catch (AssertionError e) {
          String known = DIFFERENT.get(example.toString());
          if (known != null && String.valueOf(e.getMessage()).contains(known)) {
            differ.add(example.toString());
            continue;
          }
          wrong.append(example).append(": ").append(e.getMessage()).append("\n\n");
        }
      }
    }
    assertThat(wrong.toString()).isEmpty();
    assertThat(differ).as("known differences").isEqualTo(DIFFERENT.keySet());
    System.out.println("Where the API server stopped: " + stages);
    assertThat(stages.keySet()).contains(Stage.values());
    assertThat(stages.get(Stage.WEBHOOK)).isGreaterThan(100);
    assertThat(stages.get(Stage.DEFINITION)).isGreaterThan(100);
  }

  private static void namespaces() {
    for (RuleExample example : RuleExample.all()) {
      for (RuleExample.Written written : example.written()) {
        String name = written.object().path("metadata").path("namespace").asText();
        if (name.matches("[a-z0-9-]{1,63}")) {
          ObjectNode namespace = Installed.YAML.createObjectNode();
          namespace.put("apiVersion", "v1").put("kind", "Namespace");
          namespace.putObject("metadata").put("name", name);
          Installed.apply(requireNonNull(webhook).plane().client(), namespace);
        }
      }
    }
  }

  /** A kind or version that is not served is refused before anybody is asked. */
  private static boolean ours(RuleExample.Written written) {
    return written.object().path("metadata").hasNonNull("name")
        && written.object().path("apiVersion").asText().equals("ringfence.dev/v1alpha1")
        && Arrays.stream(Crd.values()).anyMatch(c -> c.kind().equals(written.kind()));
  }

  private static Stage judge(RuleExample.Written written) {
    GivenWebhook there = requireNonNull(webhook);
    there.facts().are(written.beside());
    Optional<Status> refusal = refusal(there.plane().client(), written.object());
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
    // CEL cannot name an item of a list: the words are compared, and the path up to the list.
    Set<String> said = written.lines().stream().map(SameLineIT::words).collect(Collectors.toSet());
    for (String line : lines) {
      if (line.contains("VLLM-")) {
        assertThat(said).as("CEL").contains(words(line));
      }
    }
    return Stage.DEFINITION;
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

  private static String words(String line) {
    return line.substring(line.indexOf("VLLM-"));
  }

  /** As text, since some examples are nothing that a typed client could send. */
  private static Optional<Status> refusal(KubernetesClient client, ObjectNode object) {
    Crd crd =
        Arrays.stream(Crd.values())
            .filter(c -> c.kind().equals(object.path("kind").asText()))
            .findFirst()
            .orElseThrow();
    String namespace = object.path("metadata").path("namespace").asText("default");
    try {
      client.raw(
          "/apis/ringfence.dev/v1alpha1/"
              + (crd == Crd.VLLM_DEPLOYMENT ? "namespaces/" + namespace + "/" : "")
              + crd.plural()
              + "?dryRun=All&fieldValidation=Strict",
          "POST",
          plainNumbers(object.deepCopy()).toString());
      return Optional.empty();
    } catch (KubernetesClientException e) {
      return Optional.ofNullable(e.getStatus());
    }
  }
}
