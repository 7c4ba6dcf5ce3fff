package dev.ringfence.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ringfence.input.InputReader;
import dev.ringfence.input.Manifest;
import dev.ringfence.rules.Check;
import dev.ringfence.rules.Judged;
import dev.ringfence.rules.Policy;
import dev.ringfence.validate.Batch;
import dev.ringfence.validate.Finding;
import dev.ringfence.validate.Inputs;
import dev.ringfence.validate.Report;
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
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What lies under {@code deploy/policies} and {@code deploy/examples} is what users copy. */
final class ManifestsTest {
  private static final Path DEPLOY = Path.of("../deploy");
  private static final String POLICY = DEPLOY.resolve("examples/policy.yaml").toString();
  private static final ObjectMapper JSON = new ObjectMapper();

  static Stream<Path> examples() throws IOException {
    try (Stream<Path> files = Files.walk(DEPLOY.resolve("examples"))) {
      return files
          .filter(f -> f.toString().endsWith(".yaml") && !f.endsWith("policy.yaml"))
          .sorted()
          .toList()
          .stream();
    }
  }

  @ParameterizedTest
  @MethodSource("examples")
  void everyExampleIsAcceptedOnItsOwnWithoutAWarning(Path example) {
    Report report =
        Inputs.judge(
            List.of(example.toString()),
            List.of(POLICY),
            InputStream.nullInputStream(),
            Instant.now());
    assertThat(report.exitCode()).as(report.in(Report.Format.text)).isZero();
    assertThat(report.findings())
        .as("a workload")
        .anyMatch(f -> f.manifest().kind().equals("VLLMDeployment"));
    assertThat(report.findings())
        .flatExtracting(Finding::warnings)
        .allMatch(w -> w.toString().startsWith("not judged: "));
  }

  @Test
  void allExamplesAreAcceptedTogether() {
    Report report =
        Inputs.judge(
            List.of(DEPLOY.resolve("examples").toString()),
            List.of(),
            InputStream.nullInputStream(),
            Instant.now());
    assertThat(report.exitCode()).as(report.in(Report.Format.text)).isZero();
  }

  private static ObjectNode strict() {
    return (ObjectNode) read(DEPLOY.resolve("policies/strict.yaml").toString(), "").get(0);
  }

  private static List<JsonNode> read(String source, String input) {
    InputReader.Contents contents =
        new InputReader(new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)))
            .read(source);
    assertThat(contents.unreadable()).isEmpty();
    return contents.manifests().stream().map(Manifest::json).toList();
  }

  private static Policy valid(JsonNode policy) {
    Judged<Policy> judged = Check.policy(policy, Knowledge.bundled(), Instant.now());
    assertThat(judged).as("%s", judged).isInstanceOf(Judged.Valid.class);
    return ((Judged.Valid<Policy>) judged).value();
  }

  /** So that the file that is read as the rules' own values cannot drift from them. */
  @Test
  void theStrictPolicySaysWhatLeavingEverythingOutMeans() {
    ObjectNode bare = strict();
    ObjectNode spec = JSON.createObjectNode();
    spec.putObject("engine").set("images", bare.path("spec").path("engine").path("images"));
    bare.set("spec", spec);
    assertThat(valid(strict())).isEqualTo(valid(bare));
  }

  /** A component's patch, done by hand: it adds entries to the policy's overrides. */
  private static ObjectNode with(String component) {
    ObjectNode policy = strict();
    JsonNode kustomization =
        read(
                DEPLOY
                    .resolve("policies")
                    .resolve(component)
                    .resolve("kustomization.yaml")
                    .toString(),
                "")
            .get(0);
    List<JsonNode> added = new ArrayList<>();
    for (JsonNode patch : kustomization.path("patches")) {
      assertThat(patch.path("target").path("kind").asText()).isEqualTo("VLLMPolicy");
      // The reader wants objects, a patch is a list.
      String wrapped = "kind: Patch\noperations:\n" + patch.path("patch").asText();
      for (JsonNode operation : read("-", wrapped).get(0).path("operations")) {
        assertThat(operation.path("op").asText()).isEqualTo("add");
        assertThat(operation.path("path").asText()).isEqualTo("/spec/overrides/-");
        added.add(operation.path("value"));
      }
    }
    assertThat(added).isNotEmpty();
    ((ArrayNode) policy.path("spec").path("overrides")).addAll(added);
    return policy;
  }

  /** A workload that asks for what the override allows, and for one more where {@code above}. */
  private static List<Finding> judge(ObjectNode policy, String label, int above) {
    JsonNode limits = policy.path("spec").path("overrides").get(0).path("limits");
    String documents;
    try {
      documents = Files.readString(DEPLOY.resolve("examples/one-tenant.yaml"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    List<JsonNode> objects = new ArrayList<>(read("-", documents));
    for (JsonNode object : objects) {
      switch (object.path("kind").asText()) {
        case "Namespace" ->
            ((ObjectNode) object.path("metadata").path("labels"))
                .put("ringfence.dev/limits", label);
        case "VLLMDeployment" -> {
          ObjectNode spec = (ObjectNode) object.path("spec");
          spec.putObject("engine")
              .put("maxModelLen", limits.path("maxModelLen").asInt() + above)
              .put("maxNumBatchedTokens", limits.path("maxNumBatchedTokens").asInt());
          ObjectNode api = spec.putObject("api");
          api.put("maxPromptCharacters", limits.path("maxPromptCharacters").asInt());
          if (limits.has("maxOutputTokens")) {
            api.put("maxOutputTokens", limits.path("maxOutputTokens").asInt());
          }
        }
        default -> {}
      }
    }
    objects.add(policy);
    StringBuilder all = new StringBuilder();
    objects.forEach(o -> all.append("---\n").append(o.toString()).append('\n'));
    return Batch.judge(
        new InputReader(new ByteArrayInputStream(all.toString().getBytes(StandardCharsets.UTF_8)))
            .read("-")
            .manifests(),
        Knowledge.bundled(),
        Instant.now());
  }

  @ParameterizedTest
  @CsvSource({"rag", "agents", "research"})
  void anOverrideHoldsUpToItsLimitsInLabelledNamespacesOnly(String component) {
    ObjectNode policy = with(component);
    valid(policy);
    assertThat(judge(policy, component, 0)).allMatch(Finding::accepted);
    assertThat(judge(policy, component, 1)).anyMatch(f -> !f.accepted());
    assertThat(judge(policy, "other", 0)).anyMatch(f -> !f.accepted());
  }
}
