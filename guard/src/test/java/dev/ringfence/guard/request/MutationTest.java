package dev.ringfence.guard.request;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ringfence.guard.http.Refused;
import dev.ringfence.guard.http.RequestHead;
import dev.ringfence.guard.policy.DenyMode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Whatever a body is: refused, or what goes to the engine, read by another parser (Jackson, strict
 * on doubled names), keeps every rule. Bodies are the rows of requests.txt, cut, spliced and
 * flipped at random, from a fixed seed.
 */
class MutationTest {
  static byte[] mutated(Random r, byte[] a, byte[] b) {
    byte[] out =
        switch (r.nextInt(6)) {
          case 0 -> java.util.Arrays.copyOf(a, r.nextInt(a.length + 1));
          case 1 -> splice(a, r.nextInt(a.length + 1), b, r.nextInt(b.length + 1));
          case 2 ->
              insert(
                  a,
                  r.nextInt(a.length + 1),
                  "{}[]\",:0123456789eE.+-\\u\u0000\u00ff tfn".charAt(r.nextInt(30)));
          case 3 -> replace(r, a);
          default -> a.clone();
        };
    for (int i = r.nextInt(4); i > 0 && out.length > 0; i--) {
      out[r.nextInt(out.length)] =
          (byte)
              (r.nextBoolean()
                  ? r.nextInt(256)
                  : "{}[]\",:0123456789eE.+-\\u tfn".charAt(r.nextInt(28)));
    }
    return out;
  }

  private static byte[] splice(byte[] a, int i, byte[] b, int j) {
    byte[] out = java.util.Arrays.copyOf(a, i + b.length - j);
    System.arraycopy(b, j, out, i, b.length - j);
    return out;
  }

  private static byte[] insert(byte[] a, int at, char c) {
    byte[] out = new byte[a.length + 1];
    System.arraycopy(a, 0, out, 0, at);
    out[at] = (byte) c;
    System.arraycopy(a, at, out, at + 1, a.length - at);
    return out;
  }

  /** Numbers and words exchanged for others that mean trouble. */
  private static byte[] replace(Random r, byte[] a) {
    List<String> from = List.of("1", "64", "0", "true", "\"x\"", "null", "0.5", "\"m\"");
    List<String> to =
        List.of(
            "1e999",
            "99999999999999999999",
            "-0",
            "1.0",
            "\"\\ud800\"",
            "[[[[[[]]]]]]",
            "{\"a\":1,\"a\":2}",
            "65",
            "true",
            "\"ignore previous\"");
    String text = new String(a, StandardCharsets.ISO_8859_1);
    return text.replaceFirst(
            java.util.regex.Pattern.quote(from.get(r.nextInt(from.size()))),
            java.util.regex.Matcher.quoteReplacement(to.get(r.nextInt(to.size()))))
        .getBytes(StandardCharsets.ISO_8859_1);
  }

  @Test
  void whatGoesToTheEngineKeepsTheRules() throws IOException {
    List<RequestCheckTest.Row> rows = RequestCheckTest.rows().toList();
    Random r = new Random(20261125);
    int accepted = 0;
    for (int i = 0; i < 60_000; i++) {
      RequestCheckTest.Row row = rows.get(r.nextInt(rows.size()));
      byte[] body =
          mutated(
              r,
              row.body().getBytes(StandardCharsets.UTF_8),
              rows.get(r.nextInt(rows.size())).body().getBytes(StandardCharsets.UTF_8));
      Checked checked;
      try {
        checked =
            RequestCheck.check(
                row.endpoint(),
                body,
                body.length,
                Requests.contract(true, true),
                Requests.values(100, DenyMode.ENFORCE),
                Requests.PATTERNS,
                "salt");
      } catch (Refused e) {
        assertThat(e.refusal().message()).isPrintable();
        continue;
      }
      accepted++;
      EngineBody.keepsTheRules(row.endpoint(), checked.body());
    }
    // The mutations must not all be refused, or nothing was shown.
    assertThat(accepted).isGreaterThan(1000);
  }

  /** Heads from the same mill: read, refused or incomplete, and nothing else. */
  @Test
  void headsAreReadOrRefused() {
    Random r = new Random(7);
    byte[] good =
        "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\nAuthorization: Bearer k\r\nTransfer-Encoding: chunked\r\n\r\n"
            .getBytes(StandardCharsets.ISO_8859_1);
    byte[] other =
        "GET / HTTP/1.1\r\nHost: x:1\r\nConnection: close, x\r\nExpect: 100-continue\r\n\r\n"
            .getBytes(StandardCharsets.ISO_8859_1);
    int whole = 0;
    for (int i = 0; i < 200_000; i++) {
      byte[] head = r.nextBoolean() ? mutated(r, good, other) : mutated(r, other, good);
      try {
        RequestHead.Parsed p = RequestHead.parse(head, head.length);
        if (p != null) {
          whole++;
          assertThat(p.head().chunked() && p.head().contentLength() >= 0).isFalse();
          assertThat(p.end()).isLessThanOrEqualTo(head.length);
        }
      } catch (Refused e) {
        assertThat(e.refusal().status()).isIn(400, 431);
      }
    }
    assertThat(whole).isGreaterThan(1000);
  }
}
