package dev.ringfence.guard.http;

import dev.ringfence.guard.Rule;
import dev.ringfence.guard.json.Json;
import dev.ringfence.guard.json.JsonText;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Why a request is not served, in OpenAI's error shape. The message is ours alone: it never holds a
 * part of the request or of the engine's answer.
 *
 * @param param the request's field, by the guard's own spelling, or null
 * @param retryAfter seconds for the header Retry-After, or 0 for none
 * @param allow the method for the header Allow, or null
 */
public record Refusal(
    int status,
    Rule rule,
    String message,
    @Nullable String param,
    int retryAfter,
    @Nullable String allow) {

  public static Refusal of(int status, Rule rule, String message) {
    return new Refusal(status, rule, message, null, 0, null);
  }

  public static Refusal field(Rule rule, @Nullable String param, String message) {
    return new Refusal(400, rule, message, param, 0, null);
  }

  public static Refusal later(int status, Rule rule, String message, int seconds) {
    return new Refusal(status, rule, message, null, Math.max(1, seconds), null);
  }

  private String type() {
    return switch (status) {
      case 401 -> "authentication_error";
      case 429 -> "rate_limit_error";
      default -> status >= 500 ? "server_error" : "invalid_request_error";
    };
  }

  /** The error object that stands in bodies and in the events of a stream that breaks off. */
  public Json.Obj error() {
    return new Json.Obj()
        .put(
            "error",
            new Json.Obj()
                .put("message", message)
                .put("type", type())
                .put("code", rule.id())
                .put("param", param == null ? Json.Null.NULL : new Json.Str(param)));
  }

  public byte[] body() {
    return JsonText.of(error()).getBytes(StandardCharsets.UTF_8);
  }
}
