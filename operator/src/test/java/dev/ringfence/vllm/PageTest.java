package dev.ringfence.vllm;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** docs/vllm.md says what the data say; {@code -Dvllm.page.update} writes it anew. */
class PageTest {

  private static final Path PAGE = Path.of("..", "docs", "vllm.md");
  private static final Knowledge KNOWLEDGE = Knowledge.bundled();

  @Test
  void thePageIsCurrent() throws Exception {
    String page = page();
    if (System.getProperty("vllm.page.update") != null) {
      Files.createDirectories(PAGE.getParent());
      Files.writeString(PAGE, page);
    }
    assertThat(Files.readString(PAGE))
        .as("docs/vllm.md: run the tests of the operator once with -Dvllm.page.update")
        .isEqualTo(page);
  }

  private static String page() throws Exception {
    JsonNode file =
        new ObjectMapper()
            .readTree(
                Path.of("src/main/resources/dev/ringfence/vllm/classification.json").toFile());
    StringBuilder out = new StringBuilder();
    out.append(
        """
        # What Ringfence knows of vLLM

        Made from the data in `operator/src/main/resources/dev/ringfence/vllm` (by `PageTest`); how the data come about: `tools/vllm/README.md`.
        Versions with tables: %s.

        Arguments are written in their canonical spelling, `--name=value` or two elements, each at most once.
        vLLM itself would also take underscores, beginnings of names, aliases, negations and dotted JSON keys: those are refused by the
        rule of the argument that they mean.

        ## Arguments that a policy may open
        `spec.engine.allowedArguments` of the VLLMPolicy lists the names; a workload then sets them in `spec.engine.extraArgs`.

        | argument | value | why it can be opened |
        | --- | --- | --- |
        """
            .formatted(list(KNOWLEDGE.versions())));
    KNOWLEDGE.openableArguments().forEach(o -> out.append(row(o)));
    out.append(
        """

        ## Variables that a policy may open
        `spec.engine.allowedEnvironment` lists the names; a workload then sets them in `spec.engine.env`.

        | variable | value | why it can be opened |
        | --- | --- | --- |
        """);
    KNOWLEDGE.openableVariables().forEach(o -> out.append(row(o)));
    out.append(
        """

        ## Arguments that Ringfence renders
        | argument | rule | decided by |
        | --- | --- | --- |
        """);
    for (JsonNode r : file.path("rendered")) {
      out.append(
          "| `%s` | %s | %s |\n"
              .formatted(
                  r.path("name").asText(),
                  r.path("rule").asText(),
                  r.has("field")
                      ? "`" + r.path("field").asText() + "`"
                      : "fixed: " + r.path("because").asText()));
    }
    groups(out, "Arguments that nothing opens", file.path("never"));
    out.append("\nAn argument that none of these tables names is refused by VLLM-208.\n");
    groups(out, "Arguments that vLLM no longer has", file.path("former"));
    groups(out, "Variables that nothing opens", file.path("neverVariables"));
    out.append("\nA variable that none of these tables names is refused by VLLM-209.\n");
    since(out, "Tool call parsers (`spec.engine.toolCallParser`)", Release::toolParsers);
    since(out, "Reasoning parsers (`spec.engine.reasoningParser`)", Release::reasoningParsers);
    since(out, "Quantization methods", Release::quantizationMethods);
    out.append(
        """

        ## Advisories
        Rule 207 refuses a version with a known advisory. Those that concern versions with tables:

        | advisory | versions | what |
        | --- | --- | --- |
        """);
    for (Advisory a : KNOWLEDGE.advisories()) {
      if (KNOWLEDGE.versions().stream().anyMatch(a.affected()::contains)) {
        out.append(
            "| %s | `%s` | %s |\n".formatted(String.join(" ", all(a)), a.affected(), a.what()));
      }
    }
    return out.toString();
  }

  private static List<String> all(Advisory a) {
    List<String> ids = new ArrayList<>(List.of(a.id()));
    ids.addAll(a.aliases());
    return ids;
  }

  private static String list(SortedSet<Version> versions) {
    return String.join(", ", versions.stream().map(Version::toString).toList());
  }

  private static String row(Openable o) {
    return "| `%s` | %s | %s |\n".formatted(o.name(), o.bound(), o.why());
  }

  private static void groups(StringBuilder out, String title, JsonNode groups) {
    out.append("\n## %s\n| rule | because | names |\n| --- | --- | --- |\n".formatted(title));
    for (JsonNode group : groups) {
      List<String> names = new ArrayList<>();
      group.path("names").forEach(n -> names.add("`" + n.asText() + "`"));
      out.append(
          "| %s | %s | %s |\n"
              .formatted(
                  group.path("rule").asText(),
                  group.path("because").asText(),
                  String.join(" ", names)));
    }
  }

  /** Names in all versions on one line, the others with the versions that have them. */
  private static void since(StringBuilder out, String title, Function<Release, Set<String>> names) {
    SortedSet<String> all = new TreeSet<>();
    KnowledgeTest.releases().forEach(r -> all.addAll(names.apply(r)));
    List<String> everywhere = new ArrayList<>();
    List<String> some = new ArrayList<>();
    for (String name : all) {
      SortedSet<Version> in = new TreeSet<>();
      KnowledgeTest.releases()
          .filter(r -> names.apply(r).contains(name))
          .forEach(r -> in.add(r.version()));
      if (in.equals(KNOWLEDGE.versions())) {
        everywhere.add("`" + name + "`");
      } else {
        some.add("`" + name + "` (" + list(in) + ")");
      }
    }
    out.append("\n## %s\nIn every version: %s\n".formatted(title, String.join(" ", everywhere)));
    if (!some.isEmpty()) {
      out.append("\nIn some: ").append(String.join(", ", some)).append("\n");
    }
  }
}
