package dev.ringfence.rules;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The pages under docs/rules say what the table and the examples say; {@code -Dgoldens.update}
 * writes them anew.
 */
final class PagesTest {
  private static final Path FOLDER = Path.of("../docs/rules");

  @ParameterizedTest
  @EnumSource
  void aRulesPageIsCurrent(Rule rule) throws IOException {
    current(FOLDER.resolve(rule.id() + ".md"), page(rule));
  }

  @Test
  void theIndexIsCurrent() throws IOException {
    current(FOLDER.resolve("README.md"), index());
  }

  @Test
  void thereIsNoPageOfAnotherRule() throws IOException {
    try (Stream<Path> pages = Files.list(FOLDER)) {
      assertThat(pages.map(p -> p.getFileName().toString().replace(".md", "")))
          .allSatisfy(
              name -> assertThat(name.equals("README") || Rule.byId(name).isPresent()).isTrue());
    }
  }

  private static void current(Path file, String text) throws IOException {
    if (System.getProperty("goldens.update") != null) {
      Files.createDirectories(FOLDER);
      Files.writeString(file, text);
    }
    assertThat(file)
        .as("run the tests of the operator once with -Dgoldens.update")
        .hasContent(text);
  }

  private static String index() {
    StringBuilder out =
        new StringBuilder(
            """
            # The rules

            Made from the rule table (`operator/src/main/java/dev/ringfence/rules/Rule.java`) and its examples; `./ringfence explain VLLM-xxx` prints the same.
            All are strict. A number that is too tight for a team is loosened by an `overrides` entry of the VLLMPolicy; the six rules marked
            *waiver* can be lifted by a `waivers` entry, for named namespaces, at most 366 days.
            """);
    String group = "";
    for (Rule rule : Rule.values()) {
      if (!rule.group().equals(group)) {
        group = rule.group();
        out.append("\n## %s\n| rule | what it demands | |\n| --- | --- | --- |\n".formatted(group));
      }
      out.append(
          "| [%s](%s.md) | %s | %s |\n"
              .formatted(rule.id(), rule.id(), rule.title(), rule.waivable() ? "waiver" : ""));
    }
    return out.toString();
  }

  private static String page(Rule rule) {
    StringBuilder out = new StringBuilder();
    out.append("# %s: %s\n\n%s\n".formatted(rule.id(), rule.title(), rule.why()));
    out.append("\n## How to keep it\n%s\n".formatted(rule.fix()));
    switch (rule) {
      case VLLM_207 -> more(out, "the advisories of each version", "../vllm.md#advisories");
      case VLLM_208 -> {
        more(
            out,
            "the arguments that a policy can open",
            "../vllm.md#arguments-that-a-policy-may-open");
        more(
            out,
            "the arguments that nothing opens, and why",
            "../vllm.md#arguments-that-nothing-opens");
        more(
            out,
            "the tool call parsers of each version",
            "../vllm.md#tool-call-parsers-specenginetoolcallparser");
        more(
            out,
            "the reasoning parsers of each version",
            "../vllm.md#reasoning-parsers-specenginereasoningparser");
        openable(out, Example.KNOWLEDGE.openableArguments());
      }
      case VLLM_209 -> {
        more(
            out,
            "the variables that a policy can open",
            "../vllm.md#variables-that-a-policy-may-open");
        more(
            out,
            "the variables that nothing opens, and why",
            "../vllm.md#variables-that-nothing-opens");
        openable(out, Example.KNOWLEDGE.openableVariables());
      }
      case VLLM_602 ->
          more(out, "the quantization methods of each version", "../vllm.md#quantization-methods");
      default -> {}
    }
    List<Example> examples = Example.all().stream().filter(e -> e.rule() == rule).toList();
    List<Example> shown = examples.stream().filter(Example::onPage).toList();
    shown.stream().filter(Example::rejected).forEach(e -> example(out, "Rejected", e));
    shown.stream().filter(e -> !e.rejected()).forEach(e -> example(out, "Accepted", e));
    out.append("\n## Facts\n");
    out.append("- **Group**: %s\n- **Level**: %s\n".formatted(rule.group(), rule.level()));
    out.append(
        "- **Kept by**: %s\n"
            .formatted(String.join("; ", rule.rings().stream().sorted().map(Ring::text).toList())));
    out.append(
        "- **Waiver**: %s\n"
            .formatted(
                rule.waivable()
                    ? "by a `waivers` entry of the VLLMPolicy, for named namespaces, at most 366 days"
                    : "none"));
    if (rule.stopsAtOnce()) {
      out.append("- **Running engines** that break it stop at once; they are not held.\n");
    }
    out.append("- **References**: %s\n".formatted(String.join(", ", rule.references())));
    if (!examples.isEmpty()) {
      out.append(
          "- **All examples**: [%d files](../../operator/src/test/resources/rules/%s)\n"
              .formatted(examples.size(), rule.id()));
    }
    return out.toString();
  }

  private static void more(StringBuilder out, String what, String where) {
    out.append("- [%s](%s)\n".formatted(what, where));
  }

  private static void openable(StringBuilder out, List<dev.ringfence.vllm.Openable> openables) {
    out.append("\nWhat can be opened:\n\n| name | value |\n| --- | --- |\n");
    openables.forEach(o -> out.append("| `%s` | %s |\n".formatted(o.name(), o.bound())));
  }

  private static void example(StringBuilder out, String title, Example e) {
    out.append("\n## %s\n%s\n\n".formatted(title, String.join(" ", e.why())));
    out.append("```yaml\n").append(e.body().strip()).append("\n```\n");
    if (!e.expected().isEmpty()) {
      out.append("\n```text\n");
      e.expected().forEach(line -> out.append(line).append("\n"));
      out.append("```\n");
    }
  }
}
