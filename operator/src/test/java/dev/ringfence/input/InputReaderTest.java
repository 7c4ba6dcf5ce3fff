package dev.ringfence.input;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Documents, Lists, JSON, what cannot be read, and where things stand. */
final class InputReaderTest {
  private static InputReader.Contents read(byte[] bytes) {
    return new InputReader(new ByteArrayInputStream(bytes)).read("-");
  }

  private static InputReader.Contents read(String text) {
    return read(text.getBytes(StandardCharsets.UTF_8));
  }

  /**
   * Input, how many objects; or the line and the start of what is said. {@code ~} is a line break.
   */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "kind: A                                                   | 1 |",
        "kind: A~---~kind: B                                       | 2 |",
        "---~---~kind: A~---~---~# nothing~...                     | 1 |",
        "kind: A~--- # comment~kind: B~...~---~kind: C             | 3 |",
        "kind: List~items: [{kind: A}, {kind: List, items: [{kind: B}, {kind: C}]}] | 3 |",
        "kind: VLLMDeploymentList~items: [{kind: A}]               | 1 |",
        "kind: List~items: []                                      | 0 |",
        "kind: List                                                | 0 |",
        "{\"kind\": \"A\"}                                         | 1 |",
        "{\"kind\": \"A\"} {\"kind\": \"B\"}                       | 2 |",
        "  {\"kind\": \"List\", \"items\": [{\"kind\": \"A\"}]}    | 1 |",
        "{kind: A}                                                 | 0 | 1: is not JSON",
        "{\"kind\": \"A\",~\"kind\": \"B\"}                        | 0 | 2: has the same key twice",
        "{\"a\": {\"b\": 1,~ \"b\": 2}}                            | 0 | 2: has the same key twice",
        "{\"a\": 1e400}                                            | 1 |",
        "{\"a\": NaN}                                              | 0 | 1: is not JSON",
        "{\"a\": 1,}                                               | 0 | 1: is not JSON",
        "[1]                                                       | 0 | 1: holds a document that is no object",
        "just text                                                 | 0 | 1: holds a document that is no object",
        "kind: A~---~- 1                                           | 0 | 3: holds a document that is no object",
        "kind: List~items: [1]                                     | 0 | 1: holds a document that is no object",
        "kind: A~b: 1~b: 2                                         | 0 | 3: has the same key twice",
        "kind: A~b:~  c: 1~  d: 2~  c: 3                           | 0 | 5: has the same key twice",
        "kind: A~---~b: 1~b: 2                                     | 0 | 4: has the same key twice",
        "a: &x {b: 1,~ b: 2}~c: {<<: *x}                           | 0 | 2: has the same key twice",
        "kind: A~b: !mine 1                                        | 0 | 2: has a tag of its own",
        "kind: A~b: !!python {}                   | 0 | 2: is not YAML: it has a tag of its own",
        "kind: A~b: [1                                             | 0 | 2: is not YAML",
        "kind: A~ b: 1                                             | 0 | 2: is not YAML",
        "kind: A~b: *nobody                                        | 0 | 2: is not YAML",
        "kind: A~b: .inf                                           | 0 | 2: has a number that JSON does not know",
        "kind: A~? [a]~: b                                         | 0 | 2: has a list or map as a key",
      })
  void isTakenApartOrRefusedWithItsLine(String input, int objects, String refusal) {
    InputReader.Contents contents = read(input.replace('~', '\n'));

    assertThat(contents.manifests()).hasSize(objects);
    if (refusal == null) {
      assertThat(contents.unreadable()).isEmpty();
    } else {
      Unreadable u = contents.unreadable().get(0);
      assertThat(u.line().orElse(0) + ": " + u.message()).startsWith(refusal);
      assertThat(u.message()).isASCII().contains("; ");
    }
  }

  @Test
  void aByteOrderMarkIsNoText() {
    assertThat(read("\ufeffkind: A\n").manifests()).hasSize(1);
    assertThat(read("\ufeff{\"kind\": \"A\"}").manifests()).hasSize(1);
  }

  @Test
  void whatIsNotUtf8IsNotRead() {
    assertThat(read(new byte[] {'a', ':', ' ', (byte) 0xff}).unreadable())
        .singleElement()
        .extracting(Unreadable::message)
        .isEqualTo("is not text in UTF-8; save it as UTF-8");
    assertThat(read("kind: A\n".getBytes(StandardCharsets.UTF_16)).unreadable()).hasSize(1);
  }

  @Test
  void aControlCharacterIsSaidWithItsLine() {
    assertThat(read("kind: A\nb: x\u0000y\n").unreadable())
        .singleElement()
        .extracting(Unreadable::line)
        .isEqualTo(OptionalInt.of(2));
  }

  /** Nine levels of nine would be four hundred million. */
  @Test
  void aliasesThatRepeatWithoutEndAreRefused() {
    StringBuilder bomb = new StringBuilder("kind: A\na0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for (int i = 1; i < 10; i++) {
      bomb.append("a%d: &a%d [".formatted(i, i));
      bomb.append(("*a" + (i - 1) + ", ").repeat(9)).append("]\n");
    }
    StringBuilder merges = new StringBuilder("kind: A\na0: &a0 {x: 1}\n");
    for (int i = 1; i < 40; i++) {
      merges.append("a%d: &a%d {<<: [*a%d, *a%d]}\n".formatted(i, i, i - 1, i - 1));
    }

    for (CharSequence input : new CharSequence[] {bomb, merges}) {
      assertThat(read(input.toString()).unreadable())
          .singleElement()
          .extracting(Unreadable::message)
          .asString()
          .contains("aliases");
    }
  }

  @Test
  void depthIsBounded() {
    assertThat(read("a: " + "[".repeat(10_000) + "]".repeat(10_000)).unreadable()).hasSize(1);
    assertThat(read("{\"a\": " + "[".repeat(10_000) + "]".repeat(10_000) + "}").unreadable())
        .hasSize(1);
    assertThat(read("a: ".repeat(1) + "{a: ".repeat(10_000)).unreadable()).hasSize(1);
  }

  @Test
  void noMessageQuotesTheInput() {
    for (String broken :
        new String[] {
          "kind: A\nhf_secretsecretsecret: [",
          "kind: A\na: 'hf_secretsecretsecret",
          "kind: A\na: hf_secretsecretsecret: b",
          "kind: A\na: !hf_secretsecretsecret x",
          "kind: A\na: *hf_secretsecretsecret",
          "{\"hf_secretsecretsecret\": hf_secretsecretsecret}",
          "kind: A\nhf_secretsecretsecret: 1\nhf_secretsecretsecret: 2"
        }) {
      assertThat(read(broken).unreadable())
          .singleElement()
          .extracting(Unreadable::message)
          .asString()
          .doesNotContain("secret");
    }
  }

  @Test
  void aFieldKnowsItsLine() {
    Manifest m =
        read("kind: List\nitems:\n- kind: A\n  spec:\n    b:\n    - c: 1\n      d: 2\n")
            .manifests()
            .get(0);

    assertThat(m.lines().of("spec.b[0].d")).hasValue(7);
    assertThat(m.lines().of("spec.b[0].missing.deeper")).hasValue(6);
    assertThat(m.lines().of("spec.other")).hasValue(4);
    assertThat(m.document()).isEqualTo(1);
  }

  @Test
  void aFolderStandsForItsManifests(@TempDir Path folder) throws IOException {
    Files.createDirectories(folder.resolve("sub/.git"));
    Files.writeString(folder.resolve("b.yaml"), "kind: B");
    Files.writeString(folder.resolve("a.yml"), "kind: A");
    Files.writeString(folder.resolve("sub/c.json"), "{\"kind\": \"C\"}");
    Files.writeString(folder.resolve("notes.txt"), "kind: [");
    Files.writeString(folder.resolve("sub/.git/d.yaml"), "kind: [");
    InputReader reader = new InputReader(new ByteArrayInputStream(new byte[0]));

    assertThat(reader.read(folder.toString()).manifests())
        .extracting(Manifest::kind)
        .containsExactly("A", "B", "C");
    assertThat(reader.read(folder.resolve("none.yaml").toString()).unreadable()).hasSize(1);
  }
}
