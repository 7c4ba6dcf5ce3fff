package dev.ringfence.guard.proxy;

import dev.ringfence.guard.answer.Usage;
import dev.ringfence.guard.json.Bytes;
import dev.ringfence.guard.json.JsonText;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** One line a request: who, what, how much, how long; no prompt, no output, no key. */
final class AuditLine {
  private AuditLine() {}

  static void write(
      AuditLog audit,
      String requestId,
      String tenant,
      @Nullable String keyId,
      String endpoint,
      @Nullable String model,
      int status,
      String rule,
      long bytesIn,
      long bytesOut,
      @Nullable Integer promptCharacters,
      @Nullable Usage usage,
      double firstTokenMillis,
      double millis,
      boolean stream) {
    Bytes b = new Bytes(512);
    b.ascii("{\"time\":\"")
        .ascii(Instant.now().toString())
        .ascii("\",\"request_id\":\"")
        .ascii(requestId)
        .ascii("\",\"tenant\":");
    text(b, tenant);
    b.ascii(",\"key_id\":");
    text(b, keyId);
    b.ascii(",\"endpoint\":\"").ascii(endpoint).ascii("\",\"model\":");
    text(b, model);
    b.ascii(",\"status\":").ascii(Integer.toString(status)).ascii(",\"rule\":");
    text(b, rule.isEmpty() ? null : rule);
    b.ascii(",\"bytes_in\":").ascii(Long.toString(bytesIn));
    b.ascii(",\"bytes_out\":").ascii(Long.toString(bytesOut));
    b.ascii(",\"prompt_characters\":")
        .ascii(promptCharacters == null ? "null" : promptCharacters.toString());
    b.ascii(",\"prompt_tokens\":")
        .ascii(usage == null ? "null" : Long.toString(usage.promptTokens()));
    b.ascii(",\"completion_tokens\":")
        .ascii(usage == null ? "null" : Long.toString(usage.completionTokens()));
    b.ascii(",\"first_token_ms\":").ascii(firstTokenMillis < 0 ? "null" : millis(firstTokenMillis));
    b.ascii(",\"duration_ms\":").ascii(millis(millis));
    b.ascii(",\"stream\":").ascii(stream ? "true}" : "false}");
    audit.line(b);
  }

  private static void text(Bytes b, @Nullable String value) {
    if (value == null) {
      b.ascii("null");
    } else {
      JsonText.string(value, b);
    }
  }

  /** With two digits behind the point, without a formatter. */
  private static String millis(double value) {
    long hundredths = Math.round(value * 100);
    long rest = hundredths % 100;
    return hundredths / 100 + (rest < 10 ? ".0" : ".") + rest;
  }
}
