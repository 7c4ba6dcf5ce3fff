package dev.ringfence.guard.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JsonReaderTest {

  private static Json read(String text) throws JsonFault {
    return JsonReader.read(text.getBytes(StandardCharsets.UTF_8), JsonReader.Bounds.REQUEST);
  }

  private static Json readLatin(String text) throws JsonFault {
    return JsonReader.read(text.getBytes(StandardCharsets.ISO_8859_1), JsonReader.Bounds.REQUEST);
  }

  /** What is written is what was read, blanks and escapes aside. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {}                          | {}
          []                          | []
           [ 1 , 2 ]                  | [1,2]
          {"a":null,"b":true}         | {"a":null,"b":true}
          1234567890123456789         | 1234567890123456789
          -0                          | -0
          0.10                        | 0.10
          1e5                         | 1e5
          1E-400                      | 1E-400
          "\\u0061\\/"                | "a/"
          "\\ud83d\\ude00"            | "😀"
          "\\u0000\\u001f\\n"         | "\\u0000\\u001f\\n"
          "é你"                        | "é你"
          {"\\u0061":1}               | {"a":1}
          [[[[[[[[[[1]]]]]]]]]]       | [[[[[[[[[[1]]]]]]]]]]
          {"":""}                     | {"":""}
          """)
  void keepsWhatItReads(String text, String written) throws JsonFault {
    assertThat(JsonText.of(read(text))).isEqualTo(written);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "{",
        "}",
        "[",
        "[1",
        "[1,",
        "[1,]",
        "[,1]",
        "{,}",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{a:1}",
        "{'a':1}",
        "{\"a\":1 \"b\":2}",
        "[1 2]",
        "1 2",
        "{} {}",
        "{}x",
        "nul",
        "nulls",
        "tru",
        "True",
        "NaN",
        "Infinity",
        "-Infinity",
        "-",
        "+1",
        "01",
        "-01",
        "1.",
        ".1",
        "1.e1",
        "1e",
        "1e+",
        "0x1",
        "1_000",
        "1e400",
        "0e88888",
        "-1e400",
        "\"",
        "\"\\\"",
        "\"\\x\"",
        "\"\\u12\"",
        "\"\\u12g4\"",
        "\"\\ud800\"",
        "\"\\ud800x\"",
        "\"\\ud800\\u0041\"",
        "\"\\udc00\"",
        "\"\\ud800\\ud800\"",
        "{\"a\":1,\"a\":2}",
        "{\"a\":1,\"\\u0061\":2}",
        "{\"x\":{\"a\":1,\"a\":1}}",
        "\uFEFF{}",
        "/**/{}",
        "{}//",
        "[1]\u0000",
        "\"a\nb\"",
        "\"a\tb\"",
        "\u00a0{}",
        "\u2028{}",
        "'a'",
        "undefined",
        "[1,2",
        "{\"a\":[}"
      })
  void refusesWhatIsNoJson(String text) {
    assertThatThrownBy(() -> read(text)).isInstanceOf(JsonFault.class);
  }

  /** Bytes that are no UTF-8: overlong forms, surrogates, beyond the end of Unicode, cut short. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"\u00c0\u00af\"", "\"\u00c1\u0081\"", "\"\u00e0\u0080\u00af\"", "\"\u00ed\u00a0\u0080\"",
            "\"\u00ed\u00bf\u00bf\"",
        "\"\u00f0\u0080\u0080\u00af\"", "\"\u00f4\u0090\u0080\u0080\"",
            "\"\u00f5\u0080\u0080\u0080\"", "\"\u0080\"", "\"\u00ff\"",
        "\"\u00c3\"", "\"\u00e2\u0082\"", "\"\u00f0\u009f\u0098\"", "\"\u00c3", "{\"\u00ff\":1}"
      })
  void refusesWhatIsNoUtf8(String bytes) {
    assertThatThrownBy(() -> readLatin(bytes)).isInstanceOf(JsonFault.class);
  }

  @ParameterizedTest
  @CsvSource({"32,true", "33,false", "5000,false"})
  void boundsDepth(int depth, boolean good) {
    String text = "[".repeat(depth) + "]".repeat(depth);
    if (good) {
      assertThat(org.assertj.core.api.Assertions.catchThrowable(() -> read(text))).isNull();
    } else {
      assertThatThrownBy(() -> read(text)).hasMessage("is nested too deep");
    }
  }

  @ParameterizedTest
  @CsvSource({"256,true", "257,false"})
  void boundsNames(int length, boolean good) {
    String text = "{\"" + "n".repeat(length) + "\":1}";
    if (good) {
      assertThat(org.assertj.core.api.Assertions.catchThrowable(() -> read(text))).isNull();
    } else {
      assertThatThrownBy(() -> read(text)).hasMessageContaining("name");
    }
  }

  @ParameterizedTest
  @CsvSource({"19999,true", "20000,false"})
  void boundsTheNumberOfValues(int values, boolean good) {
    String text = "[" + "1,".repeat(values - 1) + "1]";
    if (good) {
      assertThat(org.assertj.core.api.Assertions.catchThrowable(() -> read(text))).isNull();
    } else {
      assertThatThrownBy(() -> read(text)).hasMessageContaining("values");
    }
  }

  /** Faults never quote the text. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"secret77\":}",
        "{\"secret77\":1,\"secret77\":2}",
        "secret77",
        "\"\\usecret77\""
      })
  void quotesNothing(String text) {
    assertThatThrownBy(() -> read(text)).message().doesNotContain("77");
  }

  @ParameterizedTest
  @ValueSource(strings = {"[1,2.5,-3e1]", "\"base64==\"", "{\"a\":[]}"})
  void copiesRawMembers(String value) throws JsonFault {
    String text = "{\"data\":[{\"embedding\":" + value + ",\"index\":0}]}";
    Json json =
        JsonReader.read(
            text.getBytes(StandardCharsets.UTF_8),
            0,
            text.length(),
            JsonReader.Bounds.LARGE,
            Set.of("embedding"));
    assertThat(JsonText.of(json)).isEqualTo(text);
  }

  @ParameterizedTest
  @CsvSource({
    "1,true",
    "-9223372036854775808,true",
    "9223372036854775807,true",
    "9223372036854775808,false",
    "1.0,false",
    "1e2,false",
    "18446744073709551617,false"
  })
  void knowsIntegers(String token, boolean fits) {
    assertThat(new Json.Num(token).asLong().isPresent()).isEqualTo(fits);
  }
}
