package dev.ringfence.render;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import dev.ringfence.rules.Check;
import dev.ringfence.rules.Judged;
import dev.ringfence.rules.TrustedModel;
import dev.ringfence.rules.Workload;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The two sides of {@code guard.json}: what is written here is what the guard takes. */
class GuardPolicyTest {
  private static final Path GUARD = Path.of("../guard/src");
  private static final ObjectMapper EXACT =
      new ObjectMapper().enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS);

  @Test
  void everyDocumentFitsTheGuardsSchema() throws IOException {
    Schema schema =
        SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
            .getSchema(
                Files.readString(
                    GUARD.resolve("main/resources/dev/ringfence/guard/guard.schema.json")),
                InputFormat.JSON);
    assertThat(schema.validate("{\"version\": 1}", InputFormat.JSON)).isNotEmpty();
    List<String> documents =
        Examples.all().stream()
            .flatMap(e -> Render.render(e.accepted(), Examples.CLUSTER).tenants().stream())
            .map(t -> t.policy().getData().get("guard.json"))
            .toList();
    assertThat(documents).hasSizeGreaterThan(8);
    for (String document : documents) {
      assertThat(schema.validate(document, InputFormat.JSON)).as(document).isEmpty();
    }
  }

  /** The example and its digest are the guard's, computed by its own code. */
  @Test
  void digestsAsTheGuardDoes() throws IOException {
    JsonNode example =
        EXACT.readTree(Files.readString(GUARD.resolve("test/resources/guard.example.json")));
    String documented = Files.readString(Path.of("../docs/guard-policy.md"));
    assertThat(documented)
        .contains("sha256:" + ModelFolder.sha256(Json.canonical(plain(example.get("contract")))));
  }

  @Test
  void pinsTheContractThatItWrites() throws IOException {
    for (Examples.Example e : Examples.all()) {
      for (Rendered.Tenant t : Render.render(e.accepted(), Examples.CLUSTER).tenants()) {
        JsonNode document = EXACT.readTree(t.policy().getData().get("guard.json"));
        assertThat(t.contract())
            .isEqualTo(
                "sha256:" + ModelFolder.sha256(Json.canonical(plain(document.get("contract")))));
        assertThat(t.limits())
            .isEqualTo(
                "sha256:" + ModelFolder.sha256(Json.canonical(plain(document.get("limits")))));
        assertThat(
                t.deployment()
                    .getSpec()
                    .getTemplate()
                    .getSpec()
                    .getInitContainers()
                    .getFirst()
                    .getArgs())
            .containsSequence("--contract", t.contract());
      }
    }
  }

  /** Every live limit is within its ceiling, also those that hold after an override's end. */
  @Test
  void limitsStayWithinCeilings() throws IOException {
    for (Examples.Example e : Examples.all()) {
      for (Rendered.Tenant t : Render.render(e.accepted(), Examples.CLUSTER).tenants()) {
        JsonNode document = EXACT.readTree(t.policy().getData().get("guard.json"));
        JsonNode ceilings = document.at("/contract/ceilings");
        within(document.get("limits"), ceilings);
        JsonNode later = document.at("/limits/notAfter/values");
        if (!later.isMissingNode()) {
          within(later, ceilings);
        }
      }
    }
  }

  private static void within(JsonNode limits, JsonNode ceilings) {
    for (String name :
        List.of(
            "maxPromptCharacters",
            "maxOutputTokens",
            "requestsPerMinute",
            "tokensPerMinute",
            "maxConcurrentRequests")) {
      assertThat(limits.get(name).asInt()).as(name).isBetween(1, ceilings.get(name).asInt());
    }
    assertThat(limits.get("defaultOutputTokens").asInt())
        .isBetween(1, limits.get("maxOutputTokens").asInt());
    JsonNode t = limits.get("temperature");
    assertThat(t.get("min").decimalValue()).isLessThanOrEqualTo(t.get("default").decimalValue());
    assertThat(t.get("default").decimalValue()).isLessThanOrEqualTo(t.get("max").decimalValue());
    assertThat(t.get("max").decimalValue())
        .isLessThanOrEqualTo(ceilings.get("temperature").decimalValue());
    List<String> strictestFirst = List.of("Enforce", "Audit", "Off");
    assertThat(strictestFirst.indexOf(limits.get("denyPatternsMode").asText()))
        .isBetween(0, strictestFirst.indexOf(ceilings.get("denyPatternsMode").asText()));
  }

  /** After the end of its override the workload has what the policy alone allows. */
  @Test
  void fallsBackWhenAnOverrideEnds() throws IOException {
    Workload w = Examples.named("claim-override").accepted();
    JsonNode limits =
        EXACT
            .readTree(
                Render.render(w, Examples.CLUSTER)
                    .tenants()
                    .getFirst()
                    .policy()
                    .getData()
                    .get("guard.json"))
            .get("limits");
    assertThat(limits.get("requestsPerMinute").asInt()).isEqualTo(120);
    assertThat(limits.get("denyPatternsMode").asText()).isEqualTo("Audit");
    JsonNode later = limits.at("/notAfter/values");
    assertThat(limits.at("/notAfter/time").asText()).isEqualTo("2027-03-31T00:00:00Z");
    assertThat(later.get("requestsPerMinute").asInt()).isEqualTo(60);
    assertThat(later.get("maxPromptCharacters").asInt()).isEqualTo(8192);
    assertThat(later.get("maxOutputTokens").asInt()).isEqualTo(2048);
    assertThat(later.get("denyPatternsMode").asText()).isEqualTo("Enforce");
  }

  /** What fetch and verify read is a TrustedModel that the rules take, and the same one. */
  @Test
  void modelDocumentsAreTrustedModels() {
    for (Examples.Example e : Examples.all()) {
      Workload w = e.accepted();
      Rendered r = Render.render(w, Examples.CLUSTER);
      List<String> documents = new ArrayList<>();
      r.fetch().ifPresent(f -> documents.add(f.model().getData().get("model.json")));
      r.tenants().forEach(t -> documents.add(t.policy().getData().get("model.json")));
      for (String document : documents) {
        Judged<TrustedModel> judged = Check.model(Examples.read(document), Examples.KNOWLEDGE);
        assertThat(judged).as("%s", judged).isInstanceOf(Judged.Valid.class);
        TrustedModel read = ((Judged.Valid<TrustedModel>) judged).value();
        TrustedModel model = w.model();
        assertThat(read.name()).isEqualTo(model.name());
        assertThat(read.source()).isEqualTo(model.source());
        assertThat(read.architectures()).isEqualTo(model.architectures());
        assertThat(read.quantization()).isEqualTo(model.quantization());
        assertThat(read.smokeTests()).isEqualTo(model.smokeTests());
        assertThat(read.files()).containsExactlyInAnyOrderElementsOf(model.files());
      }
    }
  }

  @Test
  void writesNumbersAndTextsInOneWay() {
    assertThat(
            Json.canonical(
                Map.of(
                    "b", List.of(new BigDecimal("0.850"), new BigDecimal("2.0"), 7, 9L, true),
                    "a", "q\" \\ / \n \u0001 \u00e9",
                    "c", Map.of(),
                    "d", List.of(),
                    "e", new BigDecimal("1E+3"))))
        .isEqualTo(
            "{\"a\":\"q\\\" \\\\ / \\n \\u0001 \u00e9\",\"b\":[0.85,2,7,9,true],\"c\":{},\"d\":[],"
                + "\"e\":1000}");
  }

  /** In a review nobody sees them; the digest is of the same text all the same. */
  @Test
  void showsReadersWhatTheyWouldNotSee() throws IOException {
    Map<String, String> value = Map.of("a", "x\u202e\u2028\u200b\ud83d\ude00\u00e9\u0085");
    String shown = Json.indented(value);
    assertThat(shown)
        .isEqualTo("{\n  \"a\": \"x\\u202e\\u2028\\u200b\ud83d\ude00\u00e9\\u0085\"\n}\n");
    assertThat(Json.canonical(plain(EXACT.readTree(shown)))).isEqualTo(Json.canonical(value));
  }

  private static Object plain(JsonNode node) {
    return EXACT.convertValue(node, Object.class);
  }
}
