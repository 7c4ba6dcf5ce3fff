package dev.ringfence.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ringfence.rules.Rule;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What each command prints and exits with; {@code -Dgoldens.update} writes the files anew. */
final class CommandsTest {
  private static final Path FOLDER = Path.of("src/test/resources/cli");
  private static final String BASE = "src/test/resources/rules/base/";

  /** How a call ended. */
  private record Ended(int exit, String out, String err) {}

  private static Ended run(String input, String... args) {
    InputStream in = System.in;
    PrintStream out = System.out;
    PrintStream err = System.err;
    ByteArrayOutputStream o = new ByteArrayOutputStream();
    ByteArrayOutputStream e = new ByteArrayOutputStream();
    try {
      System.setIn(new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)));
      System.setOut(new PrintStream(o, true, StandardCharsets.UTF_8));
      System.setErr(new PrintStream(e, true, StandardCharsets.UTF_8));
      int exit = Ringfence.run(args);
      return new Ended(
          exit, o.toString(StandardCharsets.UTF_8), e.toString(StandardCharsets.UTF_8));
    } finally {
      System.setIn(in);
      System.setOut(out);
      System.setErr(err);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "unknown-option, 2, validate --fast",
    "validate-without-files, 2, validate",
    "validate-accepted, 0, validate -f @/accepted.yaml --policy @policy --models @models",
    "validate-accepted-json, 0, validate -f @/accepted.yaml --policy @policy --models @models -o"
        + " json",
    "validate-without-policy, 1, validate -f @/accepted.yaml",
    "validate-rejected, 1, validate -f @/rejected.yaml --policy @policy --models @models",
    "validate-rejected-json, 1, validate -f @/rejected.yaml --policy @policy --models @models -o"
        + " json",
    "validate-rejected-sarif, 1, validate -f @/rejected.yaml --policy @policy --models @models -o"
        + " sarif",
    "validate-duplicate-key, 2, validate -f @/duplicate-key.yaml -f @/rejected.yaml --policy"
        + " @policy --models @models",
    "validate-duplicate-key-json, 2, validate -f @/duplicate-key.yaml -o json",
    "validate-duplicate-key-sarif, 2, validate -f @/duplicate-key.yaml -o sarif",
    "validate-nothing-of-ours, 2, validate -f @/nothing-of-ours.yaml",
    "validate-no-such-file, 2, validate -f @/no-such-file.yaml -o json",
    "validate-format-unknown, 2, validate -f @/accepted.yaml -o xml",
    "validate-empty-input, 2, validate -f -",
    "render-rejected, 1, render -f @/rejected.yaml --policy @policy --models @models",
    "render-not-usable, 2, render -f @/duplicate-key.yaml",
    "explain-one, 0, explain VLLM-101",
    "explain-waivable, 0, explain 707",
    "explain-stops-at-once, 0, explain vllm-408",
    "explain-unknown, 1, explain VLLM-999",
    "init, 0, init",
    "init-namespace-malformed, 2, init --namespace Team_A",
    "init-image-malformed, 2, init --image vllm/vllm-openai:latest",
    "init-memory-malformed, 2, init --memory 32GiB",
    "init-with-a-model, 0, init --model src/main/resources/dev/ringfence/samples/model.yaml"
        + " --namespace team-b",
    "init-model-missing, 2, init --model @/none.yaml",
    "init-model-is-none, 2, init --model @/accepted.yaml",
    "init-key-malformed, 2, init --key token",
    "doctor-kubeconfig-missing, 2, doctor --kubeconfig @/none",
    "doctor-unreachable, 2, doctor --kubeconfig @/nowhere.kubeconfig",
    "why-namespace-malformed, 2, why chat -n Team_A --kubeconfig @/nowhere.kubeconfig",
    "tree-name-malformed, 2, tree ../x -n a --kubeconfig @/nowhere.kubeconfig",
    "evidence-alone, 2, evidence",
    "chat-key-file-missing, 2, chat chat hello --key-file @/none",
    "keys-alone, 2, keys",
    "keys-id-malformed, 2, keys new 'a b'",
    "keys-id-reserved, 2, keys new tls.crt",
  })
  void printsAndExits(String name, int exit, String command) throws IOException {
    Ended ended = run("", words(command));
    String text =
        "$ ringfence %s\nexit %d\n\nstdout:\n%s\nstderr:\n%s"
            .formatted(command, ended.exit(), shortened(ended.out()), ended.err());
    Path golden = FOLDER.resolve("golden/" + name + ".txt");
    if (System.getProperty("goldens.update") != null) {
      Files.writeString(golden, text);
    }

    assertThat(golden).hasContent(text);
    assertThat(ended.exit()).isEqualTo(exit);
    assertThat(text).doesNotContain("\tat ", "Exception", "hf_abcdef");
    assertThat(text).isASCII();
  }

  @ParameterizedTest
  @CsvSource({"2, ''", "0, --help", "2, frobnicate", "2, validate -x", "0, validate --help"})
  void helpIsOneCallAway(int exit, String command) {
    Ended ended = run("", words(command));

    assertThat(ended.exit()).isEqualTo(exit);
    assertThat(ended.out() + ended.err()).contains("ringfence").doesNotContain("Exception");
    assertThat(exit == 0 ? ended.err() : ended.out()).isEmpty();
  }

  @Test
  void explainListsEveryRule() {
    assertThat(run("", "explain").out())
        .contains(Stream.of(Rule.values()).map(r -> r.id() + "  " + r.title()).toList());
  }

  /** Words by blanks, quoted ones kept; {@code @} stands for the test's files. */
  private static String[] words(String command) {
    List<String> words = new ArrayList<>();
    var m = Pattern.compile("'([^']*)'|\\S+").matcher(command);
    while (m.find()) {
      String word = m.group(1) == null ? m.group() : m.group(1);
      words.add(
          word.replace("@/", FOLDER + "/")
              .replace("@policy", BASE + "policy.yaml")
              .replace("@models", BASE + "models.yaml"));
    }
    return words.toArray(String[]::new);
  }

  /** SARIF lists every rule; the pages of the rules hold these texts already. */
  private static String shortened(String out) {
    return out.replaceAll("(?s)\"rules\": \\[.*?\"results\"", "\"rules\": ..., \"results\"");
  }

  @Test
  void standardInputIsReadAsAFileIs() throws IOException {
    String manifest = Files.readString(FOLDER.resolve("accepted.yaml"));
    String[] args = words("validate -f - --policy @policy --models @models -o json");

    assertThat(run(manifest, args).out())
        .isEqualTo(
            run("", words("validate -f @/accepted.yaml --policy @policy --models @models -o json"))
                .out()
                .replace(FOLDER + "/accepted.yaml", "-"));
  }

  @Test
  void renderPrintsObjectsOnlyForWhatIsAccepted() {
    Ended ended = run("", words("render -f @/accepted.yaml --policy @policy --models @models"));

    assertThat(ended.exit()).isZero();
    assertThat(ended.out()).contains("kind: Deployment", "name: chat--acme");
    assertThat(ended.err()).isEmpty();
  }

  @Test
  void whatInitPrintsIsAcceptedOnceAnImageIsNamed() {
    Ended init =
        run(
            "",
            "init",
            "--image",
            "docker.io/vllm/vllm-openai@sha256:" + "3".repeat(64),
            "--version",
            "0.33.0");
    Ended validate = run(init.out(), "validate", "-f", "-");

    assertThat(init.exit()).isZero();
    assertThat(validate.out()).contains("rejected");
    assertThat(validate.out().lines().filter(l -> l.contains("VLLM-")))
        .as("init knows no digests of a model, and nothing else is left to fill in")
        .allMatch(
            l ->
                l.contains("TrustedModel")
                    || l.contains("spec.files")
                    || l.contains("VLLM-401")
                    || l.contains("VLLM-404"));
  }

  @Test
  void eachKeyIsNewAndItsLineIsItsDigest() {
    Ended first = run("", "keys", "new", "alice");
    Ended second = run("", "keys", "new", "alice");

    assertThat(first.exit()).isZero();
    assertThat(first.out()).containsPattern("  rf-[A-Za-z0-9_-]{43}\n");
    assertThat(first.out()).containsPattern("    alice: sha256:[0-9a-f]{64}\n");
    assertThat(second.out()).isNotEqualTo(first.out());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "[",
        "- - -",
        "a: b: c",
        "%YAML 9.9\n---\n",
        "\u0000",
        "!!java.net.URL [x]",
        "&a [*a]",
        "? [a]\n: b",
        "kind: VLLMDeployment",
        "kind: []",
        "{}",
        "[]",
        "---\n---\n",
        "apiVersion: 1\nkind: 2\nmetadata: 3\nspec: 4",
        "\ufeff",
        "\t",
        "\"",
        "'",
        "|",
        ">",
        "kind: List\nitems: [1, null, [], {}]",
        "<<: 1",
        "<<: [*a]",
        "a: *b",
        "%",
        "@",
        "`"
      })
  void oddInputEndsWithoutATrace(String input) {
    Ended ended = run(input, "validate", "-f", "-", "-o", "json");

    assertThat(ended.exit()).isBetween(1, 2);
    assertThat(ended.out()).startsWith("{").doesNotContain("Exception");
    assertThat(ended.err()).isEmpty();
  }
}
