package dev.ringfence.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ringfence.input.InputReader;
import dev.ringfence.inspect.Answer;
import dev.ringfence.rules.Rule;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * One row for each thing that a cluster can lack; {@code -Dgoldens.update} writes the page anew.
 */
final class DoctorTest {
  private static final Path FOLDER = Path.of("src/test/resources/doctor");
  private static final Instant NOW = Instant.parse("2026-11-01T12:00:00Z");
  private static final String LABEL = "ringfence.dev.node-restriction.kubernetes.io/no-swap";

  /** A cluster that lacks one thing, and what must be said of it. */
  private record Row(
      String name, Consumer<ObjectNode> change, String what, Finding.State state, String says) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static Row lacks(String name, String what, String says, Consumer<ObjectNode> change) {
    return new Row(name, change, what, Finding.State.LACKS, says);
  }

  private static Row note(String name, String what, String says, Consumer<ObjectNode> change) {
    return new Row(name, change, what, Finding.State.NOTE, says);
  }

  private static Row hidden(String name, String what, Consumer<ObjectNode> change) {
    return new Row(name, change, what, Finding.State.UNKNOWN, "you may not");
  }

  private static ObjectNode at(ObjectNode facts, String pointer) {
    return (ObjectNode) facts.at(pointer);
  }

  static List<Row> rows() {
    return List.of(
        lacks(
            "old server", "Kubernetes", "1.33 or later", f -> at(f, "/version").put("minor", "32")),
        lacks(
            "a kind is not served",
            "definitions",
            "vllmpolicies.ringfence.dev",
            f -> ((ArrayNode) f.get("definitions")).remove(2)),
        lacks(
            "no operator",
            "operator",
            "no operator runs",
            f -> f.remove(List.of("operators", "lease"))),
        lacks(
            "operator at zero",
            "operator",
            "scaled to zero",
            f -> {
              f.remove("lease");
              at(f, "/operators/0/spec").put("replicas", 0);
            }),
        lacks(
            "nobody leads",
            "operator",
            "2 of 2 replicas are ready, and none leads",
            f -> at(f, "/lease/spec").put("renewTime", "2026-11-01T11:00:00.000000Z")),
        hidden(
            "operator's namespace is closed",
            "operator",
            f -> f.put("lease", "forbidden").put("operators", "forbidden")),
        note("no webhook", "admission", "the webhook", f -> f.remove("webhook")),
        note(
            "a policy is not bound",
            "admission",
            "ringfence-pods",
            f -> ((ArrayNode) f.get("admissionBindings")).remove(3)),
        lacks("no policy", "policy", "no VLLMPolicy called default", f -> f.remove("policy")),
        lacks(
            "policy invalid",
            "policy",
            "counts as none",
            f -> at(f, "/policy/spec").putObject("limits").put("maxOutputTokens", 9999)),
        lacks(
            "no image",
            "engine image",
            "lists none",
            f -> at(f, "/policy/spec/engine").putArray("images")),
        lacks(
            "image revoked",
            "engine image",
            "revoked",
            f -> at(f, "/policy/spec/engine/images/0").putObject("revoked").put("reason", "bad")),
        lacks(
            "no GPU",
            "GPUs",
            "no node that takes pods offers nvidia.com/gpu",
            f -> at(f, "/nodes/0/status").putObject("allocatable")),
        lacks(
            "GPU nodes are cordoned",
            "GPUs",
            "no node that takes pods",
            f -> at(f, "/nodes/0").putObject("spec").put("unschedulable", true)),
        hidden("nodes", "nodes", f -> f.put("nodes", "forbidden")),
        lacks(
            "no label",
            "no-swap label",
            "no node with a GPU has " + LABEL + "=true",
            f -> at(f, "/nodes/0/metadata/labels").remove(LABEL)),
        lacks(
            "label elsewhere",
            "no-swap label",
            "no node with a GPU has",
            f -> {
              at(f, "/nodes/0/metadata/labels").remove(LABEL);
              at(f, "/nodes/1/metadata/labels").put(LABEL, "true");
            }),
        lacks(
            "label is a lie",
            "no-swap label",
            "gpu-0 is vouched for as swap-free, and reports swap",
            f -> at(f, "/nodes/0/status/nodeInfo/swap").put("capacity", 8589934592L)),
        lacks(
            "runtime class",
            "runtime class",
            "kata",
            f -> ((ArrayNode) f.get("runtimeClasses")).removeAll()),
        lacks(
            "priority class",
            "priority class",
            "engines",
            f -> ((ArrayNode) f.get("priorityClasses")).removeAll()),
        lacks(
            "no model", "models", "lists no model", f -> ((ArrayNode) f.get("models")).removeAll()),
        lacks(
            "models invalid",
            "models",
            "lists no model",
            f -> at(f, "/models/0/spec").remove("files")),
        lacks(
            "models revoked",
            "models",
            "lists no model",
            f ->
                at(f, "/models/0/spec")
                    .putObject("revoked")
                    .put("reason", "poisoned")
                    .put("since", "2026-10-01T00:00:00Z")),
        note(
            "image volumes of an old server",
            "image volumes",
            "ImageVolume",
            f -> {
              at(f, "/version").put("minor", "34");
              at(f, "/models/0/spec")
                  .putObject("source")
                  .putObject("image")
                  .put("reference", "registry.example/x@sha256:" + "a".repeat(64));
            }),
        note(
            "no default storage",
            "storage",
            "no StorageClass is the default",
            f -> ((ArrayNode) f.get("storageClasses")).removeAll()),
        lacks(
            "no namespace",
            "namespace",
            "there is no team-a",
            f -> at(f, "/namespaces").putNull("team-a")),
        lacks(
            "namespace not restricted",
            "namespace",
            "VLLM-707",
            f ->
                at(f, "/namespaces/team-a/metadata/labels")
                    .put("pod-security.kubernetes.io/enforce", "baseline")),
        lacks(
            "namespace not dedicated",
            "namespace",
            "VLLM-709",
            f -> at(f, "/policy/spec/scheduling").put("requireDedicatedNamespace", true)),
        lacks(
            "no keys",
            "keys",
            "no Secret team-a/acme-keys",
            f -> ((ArrayNode) f.get("secrets")).remove(0)),
        hidden(
            "Secrets are closed",
            "keys",
            f -> {
              ((ArrayNode) f.get("secrets")).remove(0);
              f.putArray("hidden").add("team-a/acme-keys");
            }),
        lacks(
            "no certificate",
            "TLS",
            "no Secret team-a/acme-tls",
            f -> at(f, "/workloads/0/spec/tenants/0").put("tlsSecretName", "acme-tls")),
        lacks(
            "no hub token",
            "hub token",
            "no Secret team-a/hf-token",
            f ->
                at(f, "/workloads/0/spec/model")
                    .putObject("tokenSecretRef")
                    .put("name", "hf-token")),
        lacks(
            "no pull secret",
            "pull secret",
            "registry",
            f -> ((ArrayNode) f.get("secrets")).remove(1)),
        lacks(
            "no workload",
            "workloads",
            "there is none",
            f -> ((ArrayNode) f.get("workloads")).removeAll()),
        lacks(
            "nothing at all",
            "workloads",
            "there is none",
            f -> {
              ((ArrayNode) f.get("workloads")).removeAll();
              f.putObject("namespaces");
            }),
        lacks(
            "workload not ready",
            "workload",
            "team-a/chat is not ready: no GPU",
            f ->
                at(f, "/workloads/0/status/conditions/0")
                    .put("status", "False")
                    .put("message", "no GPU")),
        lacks(
            "network not enforced",
            "network",
            "can reach",
            f ->
                at(f, "/workloads/0/status/conditions/1")
                    .put("status", "False")
                    .put("reason", "NotEnforced")
                    .put("message", "VLLM-509 a guard can reach the API server")),
        note(
            "network not enforced, not asked for",
            "network",
            "can reach",
            f -> {
              at(f, "/policy/spec").putObject("network").put("requireEnforcement", false);
              at(f, "/workloads/0/status/conditions/1")
                  .put("status", "False")
                  .put("reason", "NotEnforced")
                  .put("message", "VLLM-509 a guard can reach the API server");
            }));
  }

  private static ObjectNode healthy() {
    try {
      String text = "kind: Facts\n" + Files.readString(FOLDER.resolve("healthy.yaml"));
      return (ObjectNode)
          new InputReader(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)))
              .read("-")
              .manifests()
              .get(0)
              .json();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Answer answer(JsonNode node) {
    return node.isMissingNode() || node.isNull()
        ? new Answer.Absent()
        : node.asText().equals("forbidden") ? new Answer.Forbidden() : new Answer.Found(node);
  }

  private static Facts facts(ObjectNode f) {
    Map<String, Answer> definitions = new LinkedHashMap<>();
    for (String name :
        List.of(
            "vllmdeployments.ringfence.dev",
            "trustedmodels.ringfence.dev",
            "vllmpolicies.ringfence.dev")) {
      definitions.put(name, new Answer.Absent());
    }
    ObjectNode established = f.objectNode();
    established
        .putObject("status")
        .putArray("conditions")
        .addObject()
        .put("type", "Established")
        .put("status", "True");
    f.path("definitions").forEach(d -> definitions.put(d.asText(), new Answer.Found(established)));
    Map<String, Answer> namespaces = new LinkedHashMap<>();
    f.path("namespaces")
        .properties()
        .forEach(e -> namespaces.put(e.getKey(), answer(e.getValue())));
    Map<String, Answer> secrets = new LinkedHashMap<>();
    f.path("secrets").forEach(s -> secrets.put(s.asText(), new Answer.Found(f.objectNode())));
    f.path("hidden").forEach(s -> secrets.put(s.asText(), new Answer.Forbidden()));
    return new Facts(
        "https://cluster.example:6443",
        "ringfence-system",
        answer(f.path("version")),
        definitions,
        answer(f.path("operators")),
        answer(f.path("lease")),
        answer(f.path("admissionPolicies")),
        answer(f.path("admissionBindings")),
        answer(f.path("webhook")),
        answer(f.path("policy")),
        new Answer.Absent(),
        answer(f.path("models")),
        answer(f.path("nodes")),
        answer(f.path("runtimeClasses")),
        answer(f.path("priorityClasses")),
        answer(f.path("storageClasses")),
        namespaces,
        answer(f.path("workloads")),
        secrets);
  }

  private static List<Finding> examine(Consumer<ObjectNode> change) {
    ObjectNode facts = healthy();
    change.accept(facts);
    return Doctor.examine(facts(facts), NOW);
  }

  @Test
  void nothingIsLackingOnAHealthyCluster() {
    List<Finding> findings = examine(f -> {});
    assertThat(findings).allMatch(f -> f.state() == Finding.State.OK);
    assertThat(DoctorReport.exitCode(findings)).isZero();
  }

  @ParameterizedTest
  @MethodSource("rows")
  void saysWhatIsLackingAndWithWhichCommandItIsMended(Row row) {
    List<Finding> findings = examine(row.change());
    List<Finding> about =
        findings.stream()
            .filter(f -> f.what().equals(row.what()) && f.state() == row.state())
            .toList();
    assertThat(about).as("%s", findings).isNotEmpty();
    String said = about.get(0).rule().map(Rule::id).orElse("") + " " + about.get(0).text();
    assertThat(said).contains(row.says());
    if (row.state() == Finding.State.LACKS && !row.what().equals("Kubernetes")) {
      assertThat(about.get(0).mend()).as("commands").isNotEmpty();
    }
    assertThat(DoctorReport.exitCode(findings))
        .isEqualTo(findings.stream().anyMatch(f -> f.state() == Finding.State.LACKS) ? 1 : 0);
  }

  /** All pages in one file, as they are printed. */
  @Test
  void printsThePage() throws IOException {
    StringBuilder page = new StringBuilder();
    Stream.concat(Stream.of(new Row("healthy", f -> {}, "", Finding.State.OK, "")), rows().stream())
        .forEach(
            row ->
                page.append("== ")
                    .append(row.name())
                    .append('\n')
                    .append(
                        DoctorReport.text("https://cluster.example:6443", examine(row.change()))
                            .lines()
                            .filter(l -> row.name().equals("healthy") || !l.startsWith("ok"))
                            .reduce("", (a, b) -> a + b + "\n")));
    Path golden = FOLDER.resolve("pages.txt");
    if (System.getProperty("goldens.update") != null) {
      Files.writeString(golden, page.toString());
    }
    assertThat(page.toString())
        .as("rewrite with -Dgoldens.update")
        .isEqualTo(Files.readString(golden));
  }
}
