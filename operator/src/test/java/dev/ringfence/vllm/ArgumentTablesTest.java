package dev.ringfence.vllm;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Tables of versions newer than this release of Ringfence, from the policy's ConfigMap. */
class ArgumentTablesTest {

  private static final ObjectMapper JSON = new ObjectMapper();

  /** The table of 0.33.0 as that of 0.34.0, with one argument more. */
  private static ObjectNode table() {
    try (InputStream in = ArgumentTablesTest.class.getResourceAsStream("0.33.0.json")) {
      ObjectNode table = (ObjectNode) JSON.readTree(Objects.requireNonNull(in));
      table.put("version", "0.34.0");
      arguments(table)
          .addObject()
          .put("kind", "value")
          .put("type", "int")
          .putArray("names")
          .add("--brand-new");
      return table;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static ArrayNode arguments(ObjectNode table) {
    return (ArrayNode) table.path("arguments");
  }

  private static Knowledge.Extended with(Consumer<ObjectNode> change) {
    ObjectNode table = table();
    change.accept(table);
    return Knowledge.bundled().with(Map.of("0.34.0.json", table.toString()));
  }

  private static Version version(String text) {
    return Version.parse(text).orElseThrow();
  }

  @Test
  void addsAVersionWhoseNewArgumentsAreNever() {
    Knowledge.Extended extended = with(t -> {});
    assertThat(extended.problems()).isEmpty();
    assertThat(extended.knowledge().versions()).contains(version("0.34.0"), version("0.28.0"));
    Release release = extended.knowledge().release(version("0.34.0.post1")).orElseThrow();
    assertThat(release.accepts("--brand-new")).isTrue();
    assertThat(extended.knowledge().openableArgument("--brand-new")).isEmpty();
    assertThat(
            extended
                .knowledge()
                .judge(
                    List.of("--brand-new=1", "--max-logprobs=1"),
                    release,
                    Set.of("--brand-new", "--max-logprobs")))
        .satisfiesExactly(
            first ->
                assertThat(first)
                    .isInstanceOfSatisfying(
                        ArgumentVerdict.Refused.class,
                        r -> assertThat(r.ruleId()).isEqualTo("VLLM-208")),
            second -> assertThat(second).isInstanceOf(ArgumentVerdict.Allowed.class));
    assertThat(Knowledge.bundled().release(version("0.34.0"))).as("unchanged").isEmpty();
  }

  @Test
  void mayOpenWhatNoClassificationKnows() {
    Knowledge.Extended extended =
        with(
            t ->
                t.putObject("openable")
                    .putObject("--brand-new")
                    .put("minimum", 0)
                    .put("maximum", 9)
                    .put("why", "it only counts"));
    assertThat(extended.problems()).isEmpty();
    Knowledge knowledge = extended.knowledge();
    assertThat(knowledge.openableArgument("--brand-new")).isPresent();
    Release release = knowledge.release(version("0.34.0")).orElseThrow();
    assertThat(knowledge.judge(List.of("--brand-new=9"), release, Set.of("--brand-new")))
        .containsExactly(new ArgumentVerdict.Allowed(0, "--brand-new", java.util.Optional.of("9")));
    assertThat(knowledge.judge(List.of("--brand-new=10"), release, Set.of("--brand-new")))
        .hasOnlyElementsOfType(ArgumentVerdict.Refused.class);
  }

  /** A loose pattern opens no more than visible ASCII, and nothing that the kubelet expands. */
  @Test
  void holdsLoosePatterns() {
    Knowledge knowledge =
        with(t ->
                t.putObject("openable")
                    .putObject("--brand-new")
                    .put("pattern", "(?s).+")
                    .put("example", "x"))
            .knowledge();
    Release release = knowledge.release(version("0.34.0")).orElseThrow();
    for (String value : List.of("$(A)", "a b", "a\nb", "\u00e9", "")) {
      assertThat(knowledge.judge(List.of("--brand-new=" + value), release, Set.of("--brand-new")))
          .hasOnlyElementsOfType(ArgumentVerdict.Refused.class);
    }
  }

  private static Arguments row(String problem, Consumer<ObjectNode> change) {
    return Arguments.of(problem, change);
  }

  private static final String NEEDS =
      "0.34.0.json: must open --brand-new with flag, minimum and maximum, choices, or a pattern and"
          + " an example of it";

  static Stream<Arguments> faults() {
    return Stream.of(
        row("0.34.0.json: must have a version like 0.34.0", t -> t.remove("version")),
        row("0.34.0.json: must have a version like 0.34.0", t -> t.put("version", "0.34")),
        row("0.34.0.json: must have a version like 0.34.0", t -> t.put("version", "0.34.0+cu")),
        row(
            "0.34.0.json: must be named 0.35.0.json after its version",
            t -> t.put("version", "0.35.0")),
        row(
            "0.34.0.json: must list --served-model-name, which Ringfence renders for every engine",
            t -> t.putArray("arguments")),
        row(
            "0.34.0.json: must list --served-model-name, which Ringfence renders for every engine",
            t -> t.put("arguments", "none")),
        row("0.34.0.json: must have a list toolParsers", t -> t.put("toolParsers", "x")),
        row(
            "0.34.0.json: has a word in toolParsers that is not plain",
            t -> t.putArray("toolParsers").add("../x.py")),
        row(
            "0.34.0.json: has a word in quantizationMethods that is not plain",
            t -> t.putArray("quantizationMethods").add(1)),
        row(
            "0.34.0.json: must list the argument --seed once",
            t -> arguments(t).addObject().put("kind", "flag").putArray("names").add("--seed")),
        row(
            "0.34.0.json: has an argument whose name is not plain",
            t -> arguments(t).addObject().put("kind", "flag").putArray("names").add("--a b")),
        row(
            "0.34.0.json: must give every argument names, the first one with two dashes",
            t -> arguments(t).addObject().put("kind", "flag").putArray("names").add("-z")),
        row(
            "0.34.0.json: has a kind of --z that is not known",
            t -> arguments(t).addObject().put("kind", "odd").putArray("names").add("--z")),
        row(
            "0.34.0.json: has a type of --z that is not known",
            t ->
                arguments(t)
                    .addObject()
                    .put("kind", "value")
                    .put("type", "odd")
                    .putArray("names")
                    .add("--z")),
        row(
            "0.34.0.json: has a nargs of --z that is not known",
            t ->
                arguments(t)
                    .addObject()
                    .put("kind", "value")
                    .put("nargs", "*")
                    .putArray("names")
                    .add("--z")),
        row(
            "0.34.0.json: must not open --tokenizer, which Ringfence classifies",
            t -> t.putObject("openable").putObject("--tokenizer").putArray("choices").add("x")),
        row(
            "0.34.0.json: must not open --seed, which Ringfence classifies",
            t -> t.putObject("openable").putObject("--seed").put("flag", true)),
        row(
            "0.34.0.json: must not open an argument that it does not list",
            t -> t.putObject("openable").putObject("--z").put("flag", true)),
        row(NEEDS, t -> t.putObject("openable").putObject("--brand-new")),
        row(
            "0.34.0.json: has a pattern of --brand-new that is not RE2",
            t ->
                t.putObject("openable")
                    .putObject("--brand-new")
                    .put("pattern", "(")
                    .put("example", "x")),
        row(NEEDS, t -> t.putObject("openable").putObject("--brand-new").put("minimum", 0)),
        row(
            NEEDS,
            t ->
                t.putObject("openable")
                    .putObject("--brand-new")
                    .put("minimum", 2)
                    .put("maximum", 1)),
        row(
            NEEDS,
            t ->
                t.putObject("openable")
                    .putObject("--brand-new")
                    .put("pattern", "x*")
                    .put("example", "x")),
        row(
            NEEDS,
            t ->
                t.putObject("openable")
                    .putObject("--brand-new")
                    .put("pattern", "x+")
                    .put("example", "y")));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("faults")
  void saysWhatIsWrong(String problem, Consumer<ObjectNode> change) {
    Knowledge.Extended extended = with(change);
    assertThat(extended.problems()).containsExactly(problem);
    assertThat(extended.knowledge().versions()).isEqualTo(Knowledge.bundled().versions());
  }

  @Test
  void neverThrowsAndUsesTheGoodOnes() {
    String good = table().toString();
    Knowledge.Extended extended =
        Knowledge.bundled()
            .with(
                Map.of(
                    "0.34.0.json", good,
                    "a", "",
                    "b", "{",
                    "c", "null",
                    "d", "[]",
                    "e", "[".repeat(100_000),
                    "f", "{\"version\": {}}",
                    "0.33.0.json", good.replace("\"0.34.0\"", "\"0.33.0\""),
                    "0.27.0.json", good.replace("\"0.34.0\"", "\"0.27.0\"")));
    assertThat(extended.knowledge().versions()).hasSize(7).contains(version("0.34.0"));
    assertThat(extended.problems())
        .hasSize(8)
        .contains(
            "0.33.0.json: must be of a version that Ringfence has no table of, and not below 0.28.0",
            "0.27.0.json: must be of a version that Ringfence has no table of, and not below 0.28.0",
            "b: must be JSON, it stops making sense in line 1");
  }
}
