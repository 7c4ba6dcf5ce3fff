package dev.ringfence.e2e.admission;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ringfence.e2e.cluster.ControlPlaneOptions;
import dev.ringfence.e2e.cluster.LocalControlPlane;
import dev.ringfence.runtime.Options;
import dev.ringfence.runtime.RingfenceOperator;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a person reads who looks before he applies, asks what a field is for, or asks what became of
 * an object: the real kubectl, a real API server, the running operator with its webhook. Kept under
 * {@code docs/transcripts/sessions}, where times, identities and temporary names are put into angle
 * brackets; {@code -Dgoldens.update} writes them anew.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class SessionsIT {
  private static final Path DOCS = Path.of("../docs/transcripts/sessions");
  private static final boolean UPDATE = System.getProperty("goldens.update") != null;
  private static final String NAMESPACE = "team-a";

  @TempDir private static @Nullable Path folder;
  private static @Nullable LocalControlPlane plane;
  private static @Nullable RingfenceOperator operator;

  @BeforeAll
  static void start() {
    LocalControlPlane started =
        LocalControlPlane.start(ControlPlaneOptions.DEFAULTS.withoutControllers());
    plane = started;
    KubernetesClient admin = started.client();
    Installed.definitions(admin);
    Installed.apply(admin, base("Namespace/" + NAMESPACE));
    ObjectNode system = base("Namespace/" + NAMESPACE);
    ((ObjectNode) system.path("metadata")).put("name", "ringfence-system");
    Installed.apply(admin, system);
    ObjectNode policy = base("VLLMPolicy/default");
    // What ends on a day would be a warning on other days.
    ((ObjectNode) policy.path("spec")).remove(List.of("waivers", "overrides"));
    Installed.apply(admin, policy);
    Installed.apply(admin, base("TrustedModel/mistral-7b"));
    operator =
        RingfenceOperator.start(
            started.configFor("ringfence-operator", "system:masters"),
            Options.of("ringfence-system", "registry.example/guard@sha256:" + "d".repeat(64))
                .withApiServer("10.96.0.1:443")
                .withListen("127.0.0.1", 0)
                .withLeaderElection(false, "sessions")
                .withAskGuards(false),
            Optional.of(
                new dev.ringfence.admission.Admission.Options(
                    "ringfence-system", "127.0.0.1", 0, Optional.empty(), List.of("127.0.0.1"))));
    Installed.webhook(admin, operator.webhookPort().orElseThrow());
    ObjectNode bad = workload("asked");
    ((ObjectNode) bad.path("spec")).withObject("engine").put("maxModelLen", 1_000_000);
    Installed.awaitRefusal(
        () -> admin.resource(Installed.resource(bad)).dryRun().create(), "VLLM-206");
  }

  @AfterAll
  static void stop() {
    if (operator != null) {
      operator.close();
    }
    if (plane != null) {
      plane.close();
    }
  }

  private static ObjectNode base(String key) {
    return requireNonNull(RuleExample.base().get(key), key).deepCopy();
  }

  private static ObjectNode workload(String name) {
    ObjectNode workload = base("VLLMDeployment/chat");
    ((ObjectNode) workload.path("metadata")).put("name", name);
    return workload;
  }

  /** A session under way: what was typed and what came of it. */
  private static final class Session {
    private final Kubectl kubectl = Kubectl.admin(requireNonNull(plane), requireNonNull(folder));
    private final StringBuilder page = new StringBuilder();

    Session(String title, String why) {
      page.append("# ").append(title).append("\n\n").append(why).append("\n");
    }

    /** Writes a file that commands name, and shows what of it matters. */
    Session file(String name, ObjectNode object, String shown) throws IOException {
      Files.writeString(requireNonNull(folder).resolve(name), RuleExample.yaml(object));
      page.append("\n`").append(name).append("`:\n```yaml\n").append(shown).append("\n```\n");
      return this;
    }

    String type(String... command) {
      String said = neutral(kubectl.run(command).text());
      page.append("\n```\n$ kubectl ")
          .append(String.join(" ", command))
          .append('\n')
          .append(said)
          .append("```\n");
      return said;
    }

    void isAsKeptIn(String name) throws IOException {
      Path file = DOCS.resolve(name);
      if (UPDATE) {
        Files.createDirectories(DOCS);
        Files.writeString(file, page.toString());
      }
      assertThat(page.toString())
          .as("%s; run with -Dgoldens.update", name)
          .isEqualTo(Files.exists(file) ? Files.readString(file) : "");
    }
  }

  private record Neutral(Pattern pattern, String name) {}

  private static final List<Neutral> NEUTRAL =
      Stream.of(
              "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z|<time>",
              "[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:.]+ [+-][0-9]{4}|<time>",
              "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|<uid>",
              "/(tmp|var)/[^ ]*/?(LIVE|MERGED)-[0-9]+|<$2>",
              "(?<=Resource Version: {1,12})[0-9]+|<number>",
              "(?<=resourceVersion: \")[0-9]+|<number>")
          .map(t -> t.split("\\|(?=[^|]*$)", 2))
          .map(t -> new Neutral(Pattern.compile(t[0]), t[1]))
          .toList();

  /** Columns are as wide as what stands in them. */
  private static final Pattern HEAD =
      Pattern.compile(
          "(?m)^ {2}(Type|-{4}) +(Reason|-{4,}) +(Age|-{4}) +(From|-{4}) +(Message|-{7})$");

  private static final Pattern EVENT =
      Pattern.compile(
          "(?m)^( {2}(?:Normal|Warning)) +(\\w+) +(?:[0-9a-z<>() ]+?) +(ringfence\\S*) +");

  private static String neutral(String text) {
    String neutral = text;
    for (Neutral n : NEUTRAL) {
      neutral = n.pattern().matcher(neutral).replaceAll(n.name());
    }
    neutral = HEAD.matcher(neutral).replaceAll("  $1  $2  $3  $4  $5");
    return EVENT.matcher(neutral).replaceAll("$1  $2  <age>  $3  ");
  }

  @Test
  @Order(1)
  void lookingBeforeOneApplies() throws IOException {
    ObjectNode good = workload("chat");
    ((ObjectNode) good.path("spec")).withObject("engine").put("maxModelLen", 1024);
    ObjectNode bad = good.deepCopy();
    bad.withObject("/spec/engine").put("maxModelLen", 8192).put("gpuMemoryUtilization", 0.94);
    Session session =
        new Session(
            "Looking before applying",
            "A dry run and a diff are judged as the change itself would be: the same refusal, the"
                + " same advice.");
    session.file("good.yaml", good, "spec: {engine: {maxModelLen: 1024}}");
    session.file(
        "bad.yaml", bad, "spec: {engine: {maxModelLen: 8192, gpuMemoryUtilization: 0.94}}");
    assertThat(session.type("apply", "--dry-run=server", "-f", "good.yaml"))
        .contains("Warning: spec.engine.maxModelLen (1024) is below api.maxOutputTokens (2048)")
        .contains("created (server dry run)");
    String refusal = session.type("apply", "--dry-run=server", "-f", "bad.yaml");
    assertThat(refusal).contains("VLLM-201").contains("VLLM-206");
    assertThat(session.type("apply", "-f", "good.yaml")).contains("created");
    ObjectNode edited = good.deepCopy();
    edited.withObject("/spec/engine").put("maxModelLen", 2048);
    edited.withObject("/spec/api").put("maxOutputTokens", 1024);
    session.file(
        "edited.yaml", edited, "spec: {engine: {maxModelLen: 2048}, api: {maxOutputTokens: 1024}}");
    assertThat(session.type("diff", "-f", "edited.yaml")).contains("+    maxModelLen: 2048");
    String diff = session.type("diff", "-f", "bad.yaml");
    assertThat(diff.lines().filter(l -> l.contains("VLLM-")))
        .as("diff refuses in the words of the dry run")
        .isNotEmpty()
        .isEqualTo(refusal.lines().filter(l -> l.contains("VLLM-")).toList());
    session.isAsKeptIn("looking-first.md");
  }

  @Test
  @Order(2)
  void askingWhatAFieldIsFor() throws IOException {
    Session session =
        new Session("What a field is for", "Descriptions name the rule that keeps the field.");
    for (String field :
        List.of(
            "vllmdeployment.spec.engine",
            "vllmdeployment.spec.tenants",
            "trustedmodel.spec",
            "vllmpolicy.spec.limits")) {
      // The API server publishes a definition a moment after it serves it.
      await()
          .atMost(Duration.ofSeconds(30))
          .until(() -> session.kubectl.run("explain", field).code() == 0);
      String said = session.type("explain", field);
      assertThat(said).as(field).contains("VLLM-").doesNotContain("<no description>");
    }
    String engine = session.kubectl.run("explain", "vllmdeployment.spec.engine").text();
    for (String rule :
        List.of("101", "103", "201", "202", "203", "204", "205", "206", "208", "209")) {
      assertThat(engine).contains("VLLM-" + rule);
    }
    session.isAsKeptIn("explain.md");
  }

  @Test
  @Order(3)
  void aHeldWorkloadSaysTheSameInItsConditionsAndEvents() throws IOException {
    Kubectl kubectl = Kubectl.admin(requireNonNull(plane), requireNonNull(folder));
    assertThat(
            kubectl
                .run(
                    "patch",
                    "vllmpolicy",
                    "default",
                    "--type=merge",
                    "--patch={\"spec\":{\"limits\":{\"maxModelLen\":512}}}")
                .code())
        .isZero();
    String line = "spec.engine.maxModelLen: Invalid value: 1024: VLLM-206 must be at most 512";
    await()
        .atMost(Duration.ofSeconds(60))
        .untilAsserted(
            () -> assertThat(condition("chat").path("message").asText()).startsWith(line));
    JsonNode accepted = condition("chat");
    assertThat(accepted.path("reason").asText()).isEqualTo("HeldPolicy");
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(
            () ->
                assertThat(notes("chat", "HeldPolicy"))
                    .containsExactly(accepted.path("message").asText()));
    assertThat(kubectl.run("describe", "vllm", "chat", "-n", NAMESPACE).text())
        .contains(line)
        .contains("HeldPolicy");
    assertThat(
            kubectl
                .run(
                    "patch",
                    "vllmpolicy",
                    "default",
                    "--type=json",
                    "--patch=[{\"op\":\"remove\",\"path\":\"/spec/limits\"}]")
                .code())
        .isZero();
  }

  @Test
  @Order(4)
  void whereTheWebhookWasRemovedTheOperatorRefusesInTheSameWords() throws IOException {
    Kubectl kubectl = Kubectl.admin(requireNonNull(plane), requireNonNull(folder));
    ObjectNode bad = workload("drafts");
    bad.withObject("/spec/engine").put("maxModelLen", 8192);
    bad.withObject("/spec/model").put("ref", "nobody");
    ((ObjectNode) bad.at("/spec/tenants/0/apiKeySecretRef")).put("name", "drafts-keys");
    String shown =
        "metadata: {name: drafts}\nspec: {model: {ref: nobody}, engine: {maxModelLen: 8192}}";
    Session session =
        new Session(
            "Where the webhook was removed",
            "The webhook refuses; an administrator removes it; the operator refuses in the same"
                + " words and makes nothing.");
    session.file("drafts.yaml", bad, shown);
    List<String> refusal =
        session
            .type("apply", "-f", "drafts.yaml")
            .lines()
            .filter(l -> l.startsWith("* "))
            .map(l -> l.substring(2))
            .toList();
    assertThat(refusal).hasSize(2);
    session.type("delete", "validatingwebhookconfiguration", "ringfence");
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> kubectl.run("apply", "--dry-run=server", "-f", "drafts.yaml").code() == 0);
    session.type("apply", "-f", "drafts.yaml");
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() -> assertThat(notes("drafts", "Rejected")).hasSize(1));
    assertThat(condition("drafts").path("message").asText().lines().toList()).isEqualTo(refusal);
    assertThat(notes("drafts", "Rejected").getFirst().lines().toList()).isEqualTo(refusal);
    session.type(
        "get",
        "vllm",
        "drafts",
        "-n",
        NAMESPACE,
        "-o",
        "custom-columns=NAME:.metadata.name,READY:.status.conditions[?(@.type==\"Ready\")].status,REASON:.status.conditions[?(@.type==\"Accepted\")].reason");
    assertThat(session.type("describe", "vllm", "drafts", "-n", NAMESPACE)).contains(refusal);
    assertThat(
            session.type(
                "get",
                "deployments,services,networkpolicies",
                "-n",
                NAMESPACE,
                "-l",
                "ringfence.dev/workload=drafts"))
        .startsWith("No resources found");
    session.isAsKeptIn("webhook-removed.md");
  }

  private static JsonNode condition(String name) throws IOException {
    String text =
        requireNonNull(plane)
            .client()
            .raw(
                "/apis/ringfence.dev/v1alpha1/namespaces/"
                    + NAMESPACE
                    + "/vllmdeployments/"
                    + name);
    for (JsonNode c : Installed.YAML.readTree(text).path("status").path("conditions")) {
      if (c.path("type").asText().equals("Accepted")) {
        return c;
      }
    }
    return Installed.YAML.missingNode();
  }

  private static List<String> notes(String name, String reason) throws IOException {
    String text =
        requireNonNull(plane)
            .client()
            .raw("/apis/events.k8s.io/v1/namespaces/" + NAMESPACE + "/events");
    List<String> notes = new ArrayList<>();
    for (JsonNode e : Installed.YAML.readTree(text).path("items")) {
      if (e.path("regarding").path("name").asText().equals(name)
          && e.path("reason").asText().equals(reason)) {
        notes.add(e.path("note").asText());
      }
    }
    return notes;
  }
}
