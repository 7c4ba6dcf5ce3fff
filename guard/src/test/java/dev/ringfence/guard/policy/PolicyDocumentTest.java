package dev.ringfence.guard.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The reader and the JSON Schema say the same of every document. */
class PolicyDocumentTest {
  private static final String EXAMPLE = resource("/guard.example.json");
  private static final Schema SCHEMA =
      SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
          .getSchema(resource("/dev/ringfence/guard/guard.schema.json"));

  private static String resource(String name) {
    try (InputStream in = PolicyDocumentTest.class.getResourceAsStream(name)) {
      return new String(
          java.util.Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static PolicyDocument read(String text) throws PolicyFault {
    return PolicyDocument.read(text.getBytes(StandardCharsets.UTF_8));
  }

  private static boolean schemaAccepts(String text) {
    return SCHEMA.validate(text, InputFormat.JSON).isEmpty();
  }

  @Test
  void readsTheExample() throws PolicyFault {
    PolicyDocument d = read(EXAMPLE);
    assertThat(schemaAccepts(EXAMPLE)).isTrue();
    assertThat(d.contractDigest())
        .isEqualTo("sha256:436cb3b87dd8d0a28f7627fb68a2bddf9de79f15f701922656a23463eda29083");
    assertThat(d.contract().endpoints())
        .containsExactly(Endpoint.CHAT, Endpoint.COMPLETIONS, Endpoint.MODELS);
    assertThat(d.limits().values().temperature().token()).isEqualTo("0.7");
  }

  @Test
  void theDigestIsOfTheValuesNotOfTheText() throws PolicyFault {
    String other = EXAMPLE.replace("\n", " ").replace("  ", " ");
    assertThat(read(other).contractDigest()).isEqualTo(read(EXAMPLE).contractDigest());
    assertThat(read(other).limitsDigest()).isEqualTo(read(EXAMPLE).limitsDigest());
  }

  @ParameterizedTest
  @CsvSource({
    "2027-03-30T23:59:59Z,8192",
    "2027-03-31T00:00:00Z,4096",
    "2030-01-01T00:00:00Z,4096"
  })
  void obeysNotAfter(Instant now, int characters) throws PolicyFault {
    assertThat(read(EXAMPLE).limits().at(now).maxPromptCharacters()).isEqualTo(characters);
  }

  @ParameterizedTest
  @CsvSource({"60,1,60", "7,3,2", "1000,3,333", "2,3,1", "1,32,1"})
  void sharesLimits(int limit, int replicas, int share) throws PolicyFault {
    Limits l = read(EXAMPLE.replace("\"replicas\": 1", "\"replicas\": " + replicas)).limits();
    assertThat(l.share(limit)).isEqualTo(share);
  }

  /**
   * One text in the example exchanged for another; refused by reader and schema alike, or by the
   * reader alone where it says so.
   */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          "version": 1                         | "version": 2                            | both
          "version": 1                         | "version": "1"                          | both
          "version": 1                         | "version": 1, "more": 1                 | both
          "version": 1,                        |                                         | both
          "namespace": "team-support"          | "namespace": "team-support", "x": 1     | both
          "namespace": "team-support"          | "namespace": "Team"                     | both
          "tenant": "acme",                    |                                         | both
          "tenant": "acme"                     | "tenant": null                          | both
          ["support-chat"]                     | []                                      | both
          ["support-chat"]                     | ["a", "a"]                              | both
          ["support-chat"]                     | ["-x"]                                  | both
          ["support-chat"]                     | [1]                                     | both
          "completions", "models"              | "completions", "metrics"                | both
          "tools": false                       | "tools": "no"                           | both
          "tools": false, "reasoning": false   | "tools": false                          | both
          "drainSeconds": 60                   | "drainSeconds": 601                     | both
          "drainSeconds": 60                   | "drainSeconds": 6.5                     | both
          "version": "0.32.0"                  | "version": "0.32"                       | both
          "version": "0.32.0"                  | "version": "0.32.0+cpu"                 | both
          "gpuMemoryUtilization": 0.85         | "gpuMemoryUtilization": 0               | both
          "gpuMemoryUtilization": 0.85         | "gpuMemoryUtilization": 0.96            | both
          "maxModelLen": 4096                  | "maxModelLen": 0                        | both
          "/run/engine/model"                  | "run/engine"                            | both
          "denyPatternsMode": "Enforce"        | "denyPatternsMode": "enforce"           | both
          "maxTokens": 8                       | "maxTokens": 257                        | both
          "prompt": "2+2="                     | "prompt": ""                            | both
          "source": "claim"                    | "source": "pvc"                         | both
          ["MistralForCausalLM"]               | ["Mistral For"]                         | both
          "bits": 4                            | "bits": 17                              | both
          "method": "awq"                      | "method": "AWQ"                         | both
          "size": 601                          | "size": -1                              | both
          "sha256": "587c                      | "sha256": "587C                         | both
          "path": "config.json"                | "path": "config.json", "x": 1           | both
          "replicas": 1                        | "replicas": 33                          | both
          "defaultOutputTokens": 512,\\n       |                                         | both
          "time": "2027-03-31T00:00:00Z"       | "time": "2027-03-31"                    | both
          "(?i)ignore (all )?previous"         |                                         | both
          "path": "config.json"                | "path": "../config.json"                | reader
          "path": "config.json"                | "path": "params.json"                   | reader
          "path": "model.safetensors"          | "path": "model-00001-of-00002.safetensors" | reader
          "time": "2027-03-31T00:00:00Z"       | "time": "2027-02-31T00:00:00Z"          | reader
          "(?i)ignore (all )?previous"         | "x*"                                    | reader
          "(?i)ignore (all )?previous"         | "(?=x)"                                 | reader
          "defaultOutputTokens": 512           | "defaultOutputTokens": 4096             | reader
          {"min": 0, "max": 2, "default": 0.7} | {"min": 1, "max": 2, "default": 0.7}    | reader
          {"min": 0, "max": 2, "default": 0.7} | {"min": 0, "max": 0.5, "default": 0.7}  | reader
          "requestsPerMinute": 60,\\n    "tokensPerMinute": 60000 | "requestsPerMinute": 61,\\n    "tokensPerMinute": 60000 | reader
          "maxConcurrentRequests": 32          | "maxConcurrentRequests": 257            | reader
          """)
  void refuses(String find, String put, String by) {
    String from = find.replace("\\n", "\n");
    String text =
        EXAMPLE.replace(
            from,
            put == null ? (from.startsWith("\"(?i)") ? "\"\"" : "") : put.replace("\\n", "\n"));
    assertThat(text).isNotEqualTo(EXAMPLE);
    assertThatThrownBy(() -> read(text)).isInstanceOf(PolicyFault.class);
    assertThat(schemaAccepts(text)).isEqualTo(by.equals("reader"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          "maxPromptCharacters": 8192,\\n    "maxOutputTokens": 2048,\\n    "defaultOutputTokens"  | "maxPromptCharacters": 8193,\\n    "maxOutputTokens": 2048,\\n    "defaultOutputTokens" | limits.maxPromptCharacters
          "maxOutputTokens": 2048,\\n    "defaultOutputTokens"  | "maxOutputTokens": 2049,\\n    "defaultOutputTokens"   | limits.maxOutputTokens
          "maxPromptCharacters": 4096          | "maxPromptCharacters": 9000             | limits.notAfter.values.maxPromptCharacters
          "replicas": 1                        | "replicas": 0                           | limits.replicas
          """)
  void namesTheMember(String find, String put, String member) {
    String text = EXAMPLE.replace(find.replace("\\n", "\n"), put.replace("\\n", "\n"));
    assertThat(text).isNotEqualTo(EXAMPLE);
    assertThatThrownBy(() -> read(text)).message().startsWith(member);
  }
}
