package dev.ringfence.guard.run;

import dev.ringfence.guard.answer.AnswerFilter;
import dev.ringfence.guard.answer.NotAnAnswer;
import dev.ringfence.guard.http.Refused;
import dev.ringfence.guard.http.RequestHead;
import dev.ringfence.guard.json.JsonFault;
import dev.ringfence.guard.json.JsonReader;
import dev.ringfence.guard.json.JsonText;
import dev.ringfence.guard.policy.Contract;
import dev.ringfence.guard.policy.Endpoint;
import dev.ringfence.guard.request.Checked;
import dev.ringfence.guard.request.DenyPatterns;
import dev.ringfence.guard.request.RequestCheck;
import dev.ringfence.guard.state.PolicyView;
import java.nio.charset.StandardCharsets;

/**
 * Runs the checks on a request of our own before the first client's, so that it meets compiled
 * code.
 */
final class WarmUp {
  private static final long MOST_NANOS = 600_000_000L;
  private static final int MOST_ROUNDS = 2000;
  private static final String ANSWER =
      "{\"choices\":[{\"index\":0,\"%s\":{\"role\":\"assistant\",\"content\":\"The river is wide.\"},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":5}}";

  private WarmUp() {}

  /** Takes at most 0.6 s. */
  static void run(PolicyView policy) {
    Contract contract = policy.document().contract();
    String text =
        "The engine answers with an ordinary sentence about rivers and bridges. ".repeat(12);
    byte[] head =
        "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n"
            .getBytes(StandardCharsets.UTF_8);
    byte[] body =
        ("{\"model\":\""
                + contract.servedNames().getFirst()
                + "\",\"messages\":[{\"role\":\"user\",\"content\":\""
                + text
                + "\"}],\"temperature\":0.7}")
            .getBytes(StandardCharsets.UTF_8);
    byte[] whole = ANSWER.formatted("message").getBytes(StandardCharsets.UTF_8);
    byte[] event = ANSWER.formatted("delta").getBytes(StandardCharsets.UTF_8);
    // Of our own: the patterns in force belong to the loop's thread.
    DenyPatterns patterns = new DenyPatterns(policy.document().limits().denyPatterns());
    long end = System.nanoTime() + MOST_NANOS;
    try {
      for (int i = 0; i < MOST_ROUNDS && System.nanoTime() < end; i++) {
        RequestHead.parse(head, head.length);
        Checked c =
            RequestCheck.check(
                Endpoint.CHAT,
                body,
                body.length,
                contract,
                policy.document().limits().values(),
                patterns,
                "warm");
        AnswerFilter filter = new AnswerFilter(Endpoint.CHAT, c.model(), "warm", 1, 16, true);
        JsonText.of(filter.whole(JsonReader.read(whole, JsonReader.Bounds.LARGE)));
        filter.event(JsonReader.read(event, JsonReader.Bounds.LARGE));
      }
    } catch (Refused | JsonFault | NotAnAnswer e) {
      // A policy whose limits refuse even this text has nothing to warm for.
    }
  }
}
