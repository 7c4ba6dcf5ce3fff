package dev.ringfence.render;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.ringfence.input.InputReader;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.io.ByteArrayInputStream;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CanonicalYamlTest {
  private static final ObjectMapper SORTED =
      new ObjectMapper().enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS);

  @Test
  void readsBackAsTheSameObjects() {
    for (Examples.Example e : Examples.all()) {
      for (HasMetadata object : Render.render(e.accepted(), Examples.CLUSTER).objects()) {
        assertThat(read(CanonicalYaml.write(object)).toString())
            .isEqualTo(sorted(Examples.tree(object)).toString());
      }
    }
  }

  @Test
  void sameInputsGiveTheSameBytes() {
    for (Examples.Example e : Examples.all()) {
      String once = CanonicalYaml.write(Render.render(e.accepted(), Examples.CLUSTER).objects());
      String again = CanonicalYaml.write(Render.render(e.accepted(), Examples.CLUSTER).objects());
      assertThat(again).isEqualTo(once);
    }
  }

  @Test
  void leavesOutWhatOnlyAServerKnows() {
    String yaml =
        CanonicalYaml.write(
            new ConfigMapBuilder()
                .withNewMetadata()
                .withName("n")
                .withUid("u")
                .withResourceVersion("7")
                .withCreationTimestamp("2026-01-01T00:00:00Z")
                .withGeneration(3L)
                .addNewManagedField()
                .withManager("m")
                .endManagedField()
                .endMetadata()
                .build());
    assertThat(yaml).isEqualTo("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: \"n\"\n");
  }

  /** kubectl reads YAML 1.1, where more words are no texts. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "yes",
        "No",
        "on",
        "OFF",
        "y",
        "N",
        "true",
        "False",
        "null",
        "Null",
        "~",
        "1",
        "-1",
        "1.5",
        "1e3",
        ".5",
        ".inf",
        ".NaN",
        "0x1f",
        "0o17",
        "017",
        "1_000",
        "12:30:45",
        "2026-01-01",
        "=",
        "<<",
        "-",
        "--",
        "?",
        ":",
        "a: b",
        "a #b",
        "# a",
        "a:",
        "- a",
        "!a",
        "&a",
        "*a",
        "@a",
        "`a",
        "%a",
        "{a",
        "[a",
        "|",
        ">",
        "'a",
        "a\ttab",
        "+1",
        "key=",
        "a ",
        " a"
      })
  void quotesWhatCouldBeReadAsSomethingElse(String text) {
    String yaml = CanonicalYaml.write(new ConfigMapBuilder().withData(Map.of("key", text)).build());
    assertThat(yaml).contains("  key: \"");
    assertThat(read(yaml).at("/data/key").asText()).isEqualTo(text);
  }

  @ParameterizedTest
  @ValueSource(strings = {"word", "a", "40Gi", "500m", "--name=value", "/a/b", "a.b/c:d@e", "n1"})
  void leavesPlainTextsPlain(String text) {
    String yaml = CanonicalYaml.write(new ConfigMapBuilder().withData(Map.of("key", text)).build());
    assertThat(yaml).contains("  key: " + text + "\n");
    assertThat(read(yaml).at("/data/key").asText()).isEqualTo(text);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a\nb\n",
        "a\nb",
        "a\n\n",
        "\n",
        "  a\nb\n",
        "a \nb\n",
        "a\n\u0001\n",
        "\tx\n",
        "a\u2028b\n",
        "a\u0085b\n",
        "a\n\u202eb",
        "\ud83d\ude00\n",
        "a\r\nb\n"
      })
  void keepsTextsOfSeveralLines(String text) {
    String yaml = CanonicalYaml.write(new ConfigMapBuilder().withData(Map.of("key", text)).build());
    assertThat(read(yaml).at("/data/key").asText()).isEqualTo(text);
  }

  @Test
  void separatesDocuments() {
    HasMetadata object = new ConfigMapBuilder().build();
    assertThat(CanonicalYaml.write(List.of(object, object)))
        .isEqualTo("---\napiVersion: v1\nkind: ConfigMap\n---\napiVersion: v1\nkind: ConfigMap\n");
  }

  /** As kubectl reads it. */
  private static JsonNode read(String yaml) {
    InputReader.Contents contents =
        new InputReader(new ByteArrayInputStream(yaml.getBytes(UTF_8))).read("-");
    assertThat(contents.unreadable()).isEmpty();
    assertThat(contents.manifests()).hasSize(1);
    return sorted(contents.manifests().getFirst().json());
  }

  /** Without differences that JSON does not know: order, and how wide a number is kept. */
  private static JsonNode sorted(JsonNode tree) {
    try {
      return SORTED.readTree(SORTED.writeValueAsString(SORTED.convertValue(tree, Object.class)));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }
}
