package dev.ringfence.vllm;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The resources say what the dumps in tools/vllm/data say: after a change there, run {@code python3
 * tools/vllm/compact.py --all}.
 */
class DataTest {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Path DUMPS = Path.of("..", "tools", "vllm", "data");
  private static final Path RESOURCES = Path.of("src/main/resources/dev/ringfence/vllm");

  private static Path dump(String kind, Release release) {
    return DUMPS.resolve(kind + "-" + release.version() + ".json");
  }

  private static String digest(Path file) throws Exception {
    return HexFormat.of()
        .formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
  }

  private static List<String> list(JsonNode array) {
    List<String> out = new ArrayList<>();
    array.forEach(v -> out.add(v.asText()));
    return out;
  }

  @ParameterizedTest
  @MethodSource("dev.ringfence.vllm.KnowledgeTest#releases")
  void comesFromTheseDumps(Release release) throws Exception {
    JsonNode source =
        JSON.readTree(RESOURCES.resolve(release.version() + ".json").toFile()).path("source");
    assertThat(source.path("arguments").path("sha256").asText())
        .isEqualTo(digest(dump("arguments", release)));
    assertThat(source.path("registries").path("dumpSha256").asText())
        .isEqualTo(digest(dump("registries", release)));
    assertThat(source.path("registries").path("sha256").asText()).matches("[0-9a-f]{64}");
  }

  @ParameterizedTest
  @MethodSource("dev.ringfence.vllm.KnowledgeTest#releases")
  void holdsEveryArgumentOfTheDump(Release release) throws Exception {
    JsonNode dumped = JSON.readTree(dump("arguments", release).toFile());
    assertThat(dumped.path("vllm").asText()).isEqualTo(release.version().toString());
    assertThat(release.arguments()).hasSize(dumped.path("arguments").size());
    for (JsonNode row : dumped.path("arguments")) {
      List<String> names = list(row.path("names"));
      Argument argument = release.argument(names.getFirst()).orElseThrow();
      Set<String> known = new LinkedHashSet<>(argument.names());
      known.addAll(argument.negations());
      assertThat(known).containsAll(names);
      // What the dump lacks can only be 0.33's hidden negations.
      known.removeAll(names);
      assertThat(known).isEmpty();
      boolean valued =
          row.path("kind").asText().matches("value|append|LoRAParserAction|Deprecated.*");
      assertThat(argument.kind().takesValue()).as(argument.name()).isEqualTo(valued);
      if (!row.path("type").asText().equals("<lambda>")) {
        assertThat(argument.choices()).isEqualTo(list(row.path("choices")));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("dev.ringfence.vllm.KnowledgeTest#releases")
  void holdsTheRegistriesOfTheDump(Release release) throws Exception {
    JsonNode dumped = JSON.readTree(dump("registries", release).toFile());
    assertThat(release.toolParsers())
        .containsExactlyInAnyOrderElementsOf(list(dumped.path("toolCallParsers")));
    assertThat(release.reasoningParsers())
        .containsExactlyInAnyOrderElementsOf(list(dumped.path("reasoningParsers")));
    assertThat(release.quantizationMethods())
        .containsExactlyInAnyOrderElementsOf(list(dumped.path("quantizationMethods")))
        .containsAll(release.deprecatedQuantizationMethods());
    JsonNode architectures = dumped.path("architectures");
    assertThat(release.poolingArchitectures())
        .containsExactlyInAnyOrderElementsOf(list(architectures.path("pooling")));
    assertThat(release.architectures())
        .containsAll(list(architectures.path("textGeneration")))
        .containsAll(list(architectures.path("multimodal")))
        .contains("MistralForCausalLM", "Qwen2ForCausalLM")
        .doesNotContain("MadeUpForCausalLM");
    assertThat(release.toolParsers()).contains("hermes", "mistral");
    assertThat(release.reasoningParsers()).contains("qwen3", "deepseek_r1");
    assertThat(release.dtypes())
        .containsExactlyInAnyOrder("auto", "half", "float16", "bfloat16", "float", "float32");
  }

  /** The classification's own shape: ids of rules, plain reasons, no name twice. */
  @Test
  void classifiesEachNameOnce() throws Exception {
    JsonNode file = JSON.readTree(RESOURCES.resolve("classification.json").toFile());
    List<String> names = new ArrayList<>();
    Pattern rule = Pattern.compile("VLLM-(10[1-4]|20[1-9]|210|40[1-9]|501|602)");
    for (JsonNode row : file.path("rendered")) {
      names.add(row.path("name").asText());
      assertThat(row.path("rule").asText()).matches(rule);
      assertThat(row.has("field") ^ row.has("because")).as(row.toString()).isTrue();
    }
    file.path("openable").fieldNames().forEachRemaining(names::add);
    for (String kind : List.of("never", "former", "neverVariables")) {
      for (JsonNode group : file.path(kind)) {
        assertThat(group.path("rule").asText()).matches(rule);
        assertThat(group.path("because").asText()).matches("[a-zA-Z][ -~]{10,120}[^.]");
        names.addAll(list(group.path("names")));
      }
    }
    file.path("openableVariables").fieldNames().forEachRemaining(names::add);
    assertThat(names).doesNotHaveDuplicates();
  }
}
