package dev.ringfence.guard.fuzz;

import dev.ringfence.guard.http.Refused;
import dev.ringfence.guard.policy.DenyMode;
import dev.ringfence.guard.policy.Endpoint;
import dev.ringfence.guard.request.Checked;
import dev.ringfence.guard.request.EngineBody;
import dev.ringfence.guard.request.Requests;
import java.util.Arrays;

/**
 * A request's body: the first byte is the endpoint. Refused, or the engine's body keeps all rules.
 */
public final class BodyFuzz {
  private static final Endpoint[] ENDPOINTS =
      Arrays.stream(Endpoint.values())
          .filter(e -> e.method().equals("POST"))
          .toArray(Endpoint[]::new);

  private BodyFuzz() {}

  /** Puts an endpoint before a body. */
  static byte[] seed(Endpoint endpoint, byte[] body) {
    byte[] out = new byte[body.length + 1];
    out[0] = (byte) Arrays.asList(ENDPOINTS).indexOf(endpoint);
    System.arraycopy(body, 0, out, 1, body.length);
    return out;
  }

  public static void fuzzerTestOneInput(byte[] input) {
    if (input.length == 0) {
      return;
    }
    Endpoint endpoint = ENDPOINTS[(input[0] & 0xff) % ENDPOINTS.length];
    byte[] body = Arrays.copyOfRange(input, 1, input.length);
    Checked checked;
    try {
      checked =
          Requests.check(
              endpoint,
              body,
              Requests.contract(true, true),
              Requests.values(100, DenyMode.ENFORCE));
    } catch (Refused e) {
      if (e.refusal().status() != 400
          || !e.refusal().message().chars().allMatch(c -> c >= 0x20 && c < 0x7f)) {
        throw new AssertionError("a refusal that is none", e);
      }
      return;
    }
    EngineBody.keepsTheRules(endpoint, checked.body());
    // What was accepted once is accepted again, and nothing changes: the form is canonical.
    try {
      byte[] again =
          Requests.check(
                  endpoint,
                  withoutSalt(checked.body()),
                  Requests.contract(true, true),
                  Requests.values(100, DenyMode.ENFORCE))
              .body();
      if (!Arrays.equals(again, checked.body())) {
        throw new AssertionError("what goes to the engine is not canonical");
      }
    } catch (Refused e) {
      throw new AssertionError("what goes to the engine is refused when it comes again", e);
    }
  }

  /** The one member that the guard writes and nobody may send stands last. */
  private static byte[] withoutSalt(byte[] body) {
    String text = new String(body, java.nio.charset.StandardCharsets.UTF_8);
    return text.replace(",\"cache_salt\":\"salt\"}", "}")
        .getBytes(java.nio.charset.StandardCharsets.UTF_8);
  }
}
