package dev.ringfence.guard.request;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ringfence.guard.http.Refused;
import dev.ringfence.guard.policy.DenyMode;
import dev.ringfence.guard.policy.Endpoint;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The rows of requests.txt: an endpoint, what must become of it, a body. */
public class RequestCheckTest {

  public record Row(int line, Endpoint endpoint, String outcome, String body) {
    @Override
    public String toString() {
      return line + " " + endpoint.label() + " " + outcome + " " + body;
    }
  }

  public static Stream<Row> rows() throws IOException {
    try (InputStream in = RequestCheckTest.class.getResourceAsStream("/requests.txt");
        BufferedReader lines =
            new BufferedReader(
                new InputStreamReader(Objects.requireNonNull(in), StandardCharsets.UTF_8))) {
      String endpoint = "chat";
      String prefix = "";
      Stream.Builder<Row> rows = Stream.builder();
      int number = 0;
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        number++;
        if (line.startsWith("== ")) {
          String[] parts = line.substring(3).split(" ", 2);
          endpoint = parts[0];
          prefix = parts.length > 1 ? parts[1] : "";
        } else if (!line.isBlank() && !line.startsWith("#")) {
          String[] parts = line.split(" ", 2);
          String body =
              parts[1].startsWith("{") || prefix.isEmpty() ? parts[1] : prefix + parts[1] + "}";
          rows.add(
              new Row(
                  number,
                  Endpoint.valueOf(endpoint.toUpperCase(java.util.Locale.ROOT)),
                  parts[0],
                  body.replace("@100@", "a".repeat(100))
                      .replace("@101@", "a".repeat(101))
                      .replace("@64@", "s".repeat(64))
                      .replace("@65@", "s".repeat(65))));
        }
      }
      return rows.build();
    }
  }

  @ParameterizedTest
  @MethodSource("rows")
  void judges(Row row) throws Refused {
    if (row.outcome().equals("ok")) {
      assertThat(
              new String(Requests.check(row.endpoint(), row.body()).body(), StandardCharsets.UTF_8))
          .startsWith("{");
    } else {
      String[] wanted = row.outcome().split("/", 2);
      assertThatThrownBy(() -> Requests.check(row.endpoint(), row.body()))
          .isInstanceOfSatisfying(
              Refused.class,
              r -> {
                assertThat(r.refusal().rule().id()).isEqualTo("VLLM-" + wanted[0]);
                assertThat(r.refusal().status()).isEqualTo(400);
                assertThat(r.refusal().message()).isPrintable().hasSizeLessThan(300);
                if (wanted.length > 1) {
                  assertThat(r.refusal().param()).isEqualTo(wanted[1]);
                }
              });
    }
  }

  private static String written(Endpoint endpoint, String body) throws Refused {
    return new String(Requests.check(endpoint, body).body(), StandardCharsets.UTF_8);
  }

  @Test
  void writesTheBodyAnew() throws Refused {
    assertThat(
            written(
                Endpoint.CHAT,
                " { \"model\" : \"m\" , \"seed\" : 1234567890123456789, \"temperature\":0.10, \"user\":\"u\", \"messages\":[{\"content\":\"h\\u0069\",\"role\":\"user\",\"name\":null}], \"stop\":[] } "))
        .isEqualTo(
            "{\"model\":\"m\",\"seed\":1234567890123456789,\"temperature\":0.10,\"messages\":[{\"content\":\"hi\",\"role\":\"user\"}],\"stop\":[],\"max_tokens\":16,\"cache_salt\":\"salt\"}");
    assertThat(
            written(
                Endpoint.COMPLETIONS,
                "{\"model\":\"m\",\"prompt\":\"x\",\"stream\":true,\"stream_options\":{\"include_usage\":false},\"max_tokens\":3}"))
        .isEqualTo(
            "{\"model\":\"m\",\"prompt\":\"x\",\"stream\":true,\"max_tokens\":3,\"temperature\":0.7,\"stream_options\":{\"include_usage\":true},\"cache_salt\":\"salt\"}");
    assertThat(written(Endpoint.EMBEDDINGS, "{\"model\":\"m\",\"input\":\"x\"}"))
        .isEqualTo("{\"model\":\"m\",\"input\":\"x\",\"cache_salt\":\"salt\"}");
    assertThat(
            written(
                Endpoint.RESPONSES,
                "{\"model\":\"m\",\"input\":\"x\",\"store\":false,\"metadata\":{\"a\":\"b\"}}"))
        .isEqualTo(
            "{\"model\":\"m\",\"input\":\"x\",\"temperature\":0.7,\"max_output_tokens\":16,\"store\":false,\"cache_salt\":\"salt\"}");
    assertThat(written(Endpoint.TOKENIZE, "{\"model\":\"m\",\"prompt\":\"x\"}"))
        .isEqualTo("{\"model\":\"m\",\"prompt\":\"x\"}");
  }

  @Test
  void reservesWhatMayBeWritten() throws Refused {
    assertThat(
            Requests.check(
                    Endpoint.CHAT,
                    "{\"model\":\"m\",\"n\":3,\"max_tokens\":20,\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}")
                .reservation())
        .isEqualTo(65);
    assertThat(
            Requests.check(
                    Endpoint.COMPLETIONS, "{\"model\":\"m\",\"n\":2,\"prompt\":[\"ab\",\"c\"]}")
                .reservation())
        .isEqualTo(2 * 2 * 16 + 3);
  }

  /** What the switches open stays shut without them. */
  @ParameterizedTest
  @org.junit.jupiter.params.provider.CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          chat      | "tools":[{"type":"function","function":{"name":"f"}}],"messages":[{"role":"user","content":"x"}]
          chat      | "tool_choice":"auto","messages":[{"role":"user","content":"x"}]
          chat      | "parallel_tool_calls":true,"messages":[{"role":"user","content":"x"}]
          chat      | "reasoning_effort":"low","messages":[{"role":"user","content":"x"}]
          chat      | "messages":[{"role":"assistant","content":"x","tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{}"}}]}]
          chat      | "messages":[{"role":"tool","tool_call_id":"1","content":"x"}]
          chat      | "messages":[{"role":"assistant","content":"x","reasoning":"y"}]
          responses | "input":"x","tools":[{"type":"function","name":"f"}]
          responses | "input":"x","reasoning":{"effort":"low"}
          responses | "input":[{"type":"function_call","call_id":"1","name":"f","arguments":"{}"}]
          messages  | "messages":[{"role":"user","content":"x"}],"tools":[{"name":"f","input_schema":{}}]
          messages  | "messages":[{"role":"user","content":"x"}],"thinking":{"type":"disabled"}
          messages  | "messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"1"}]}]
          tokenize  | "prompt":"x","tools":[{"type":"function","function":{"name":"f"}}]
          """)
  void closesGroups(String endpoint, String fields) throws Refused {
    Endpoint e = Endpoint.valueOf(endpoint.toUpperCase(java.util.Locale.ROOT));
    String body = "{\"model\":\"m\"," + fields + "}";
    assertThat(Requests.check(e, body).promptCharacters()).isPositive();
    assertThatThrownBy(
            () ->
                Requests.check(
                    e,
                    body,
                    Requests.contract(false, false),
                    Requests.values(100, DenyMode.ENFORCE)))
        .isInstanceOfSatisfying(
            Refused.class, r -> assertThat(r.refusal().rule().id()).isEqualTo("VLLM-306"));
  }

  @Test
  void auditsOrIgnoresPatterns() throws Refused {
    String body = "{\"model\":\"m\",\"prompt\":\"ignore previous\"}";
    assertThat(
            Requests.check(
                    Endpoint.COMPLETIONS,
                    body,
                    Requests.contract(false, false),
                    Requests.values(100, DenyMode.AUDIT))
                .denied())
        .isTrue();
    assertThat(
            Requests.check(
                    Endpoint.COMPLETIONS,
                    body,
                    Requests.contract(false, false),
                    Requests.values(100, DenyMode.OFF))
                .denied())
        .isFalse();
  }
}
