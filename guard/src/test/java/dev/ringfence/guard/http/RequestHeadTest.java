package dev.ringfence.guard.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RequestHeadTest {
  private static final String LINE = "POST /v1/chat/completions HTTP/1.1\r\n";
  private static final String HOST = "Host: x\r\n";

  private static RequestHead.@org.jspecify.annotations.Nullable Parsed parse(String text)
      throws Refused {
    byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
    return RequestHead.parse(bytes, bytes.length);
  }

  @Test
  void readsWhatTheGuardActsOn() throws Refused {
    String head =
        LINE
            + HOST
            + "content-LENGTH: 12\r\nContent-Type:application/json\r\nAuthorization:  Bearer k \r\nX-Api-Key: z\r\nConnection: foo, Close\r\nExpect: 100-Continue\r\n\r\n";
    RequestHead.Parsed p = parse(head + "body");
    if (p == null) {
      throw new AssertionError("not whole");
    }
    assertThat(p.end()).isEqualTo(head.length());
    assertThat(p.head())
        .isEqualTo(
            new RequestHead(
                "POST",
                "/v1/chat/completions",
                12,
                false,
                "application/json",
                false,
                java.util.List.of("Bearer k"),
                java.util.List.of("z"),
                true,
                true));
  }

  /** However a head arrives, it is read once it is whole, and not before. */
  @Test
  void waitsForTheWholeHead() throws Refused {
    byte[] head = (LINE + HOST + "A: b\r\n\r\n").getBytes(StandardCharsets.ISO_8859_1);
    for (int i = 0; i < head.length; i++) {
      assertThat(RequestHead.parse(head, i)).isNull();
    }
    assertThat(RequestHead.parse(head, head.length)).isNotNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        // request lines
        "GET / HTTP/1.0\r\nHost: x\r\n\r\n",
        "GET / HTTP/2.0\r\nHost: x\r\n\r\n",
        "GET / HTTP/1.1 \r\nHost: x\r\n\r\n",
        "GET  / HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /\r\nHost: x\r\n\r\n",
        "GET / http/1.1\r\nHost: x\r\n\r\n",
        " GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /a b HTTP/1.1\r\nHost: x\r\n\r\n",
        "G(T / HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET http://x/ HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET * HTTP/1.1\r\nHost: x\r\n\r\n",
        "CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /\u00e9 HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /\u0001 HTTP/1.1\r\nHost: x\r\n\r\n",
        "\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\n",
        "\u0016\u0003\u0001\u0002\u0000\u0001\n",
        // lines
        "GET / HTTP/1.1\nHost: x\n\n",
        "GET / HTTP/1.1\r\nHost: x\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\rA: b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\n A: b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\n\tfolded\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nA : b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\n: b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nA\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nA: b\u0000c\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nA\u00e9: b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nA: \u007f\r\n\r\n",
        // Host
        "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost:\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x y\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x/y\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n",
        // framing
        "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1, 1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: +1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 0x1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nContent-Length:\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1 1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: \u00b2\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, identity\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: \r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: \u000bchunked\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nExpect: 200-ok\r\n\r\n"
      })
  void refuses(String head) {
    assertThatThrownBy(() -> parse(head))
        .isInstanceOfSatisfying(
            Refused.class, r -> assertThat(r.refusal().status()).isEqualTo(400));
  }

  @ParameterizedTest
  @CsvSource({"8000,1,false", "9000,1,true", "100,140,true", "1,101,true", "1,98,false"})
  void boundsTheHead(int length, int fields, boolean tooLarge) {
    String head = LINE + HOST + ("A: " + "a".repeat(length) + "\r\n").repeat(fields) + "\r\n";
    if (tooLarge) {
      assertThatThrownBy(() -> parse(head))
          .isInstanceOfSatisfying(
              Refused.class, r -> assertThat(r.refusal().status()).isEqualTo(431));
    } else {
      assertThat(org.assertj.core.api.Assertions.catchThrowable(() -> parse(head))).isNull();
    }
  }
}
