package dev.ringfence.guard.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ringfence.guard.json.Bytes;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ChunksTest {

  /** Whole, and a byte at a time: the same body, and what is behind it is left. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          3\\r\\nabc\\r\\n0\\r\\n\\r\\n                   | abc
          1\\r\\na\\r\\n2\\r\\nbc\\r\\n0\\r\\n\\r\\nNEXT   | abc
          00000003\\r\\nabc\\r\\n00\\r\\n\\r\\n            | abc
          A\\r\\n0123456789\\r\\n0\\r\\n\\r\\n             | 0123456789
          """)
  void takesApart(String text, String body) throws Chunks.Malformed {
    byte[] in =
        text.replace("\\r", "\r").replace("\\n", "\n").getBytes(StandardCharsets.ISO_8859_1);
    int end = in.length - (text.endsWith("NEXT") ? 4 : 0);
    Bytes whole = new Bytes();
    Chunks chunks = new Chunks();
    assertThat(chunks.feed(in, 0, in.length, (d, a, b) -> whole.add(d, a, b - a))).isEqualTo(end);
    assertThat(chunks.done()).isTrue();
    assertThat(whole).hasToString(body);
    Bytes bytewise = new Bytes();
    Chunks slow = new Chunks();
    for (int i = 0; i < end; i++) {
      assertThat(slow.done()).isFalse();
      slow.feed(in, i, i + 1, (d, a, b) -> bytewise.add(d, a, b - a));
    }
    assertThat(slow.done()).isTrue();
    assertThat(bytewise).hasToString(body);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "zz\r\n",
        "\r\n",
        "3;a=b\r\nabc\r\n",
        "3 \r\nabc\r\n",
        "+3\r\nabc\r\n",
        "0x3\r\nabc\r\n",
        "3\nabc\r\n",
        "3\r\nabcd\r\n",
        "3\r\nabc\n",
        "3\r\nabcX",
        "0\r\nA: b\r\n\r\n",
        "0\r\n\n",
        "000000003\r\nabc\r\n",
        "FFFFFFFFF\r\n",
        "-1\r\n",
        "\u00b2\r\n"
      })
  void refuses(String text) {
    byte[] in = text.getBytes(StandardCharsets.ISO_8859_1);
    assertThatThrownBy(() -> new Chunks().feed(in, 0, in.length, (d, a, b) -> {}))
        .isInstanceOf(Chunks.Malformed.class);
  }
}
