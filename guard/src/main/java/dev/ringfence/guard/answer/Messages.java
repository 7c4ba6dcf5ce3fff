package dev.ringfence.guard.answer;

import static dev.ringfence.guard.answer.Values.array;
import static dev.ringfence.guard.answer.Values.label;
import static dev.ringfence.guard.answer.Values.object;
import static dev.ringfence.guard.answer.Values.textOr;

import dev.ringfence.guard.json.Json;
import dev.ringfence.guard.json.JsonText;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Messages: blocks of content under one allowance. */
final class Messages implements Dialect {
  private final Progress progress;
  private final String model;
  private final String id;

  Messages(Progress progress, String model, String id) {
    this.progress = progress;
    this.model = model;
    this.id = id;
  }

  @Override
  public Json.Obj whole(Json.Obj in) throws NotAnAnswer {
    Allowance a = progress.allowance(0);
    Json.Obj out =
        new Json.Obj().put("id", "msg_" + id).put("type", "message").put("role", "assistant");
    List<Json> blocks = new ArrayList<>();
    for (Json item : array(in.get("content"))) {
      messageBlock(object(item), a).ifPresent(blocks::add);
    }
    out.put("content", new Json.Arr(blocks)).put("model", model);
    out.put("stop_reason", stopReason(in, a));
    out.put(
        "stop_sequence",
        in.get("stop_sequence") instanceof Json.Str s
            ? new Json.Str(label(s.text()))
            : Json.Null.NULL);
    progress
        .usageOf(in.get("usage"), "input_tokens", "output_tokens")
        .ifPresent(u -> out.put("usage", u));
    return out;
  }

  @Override
  public Optional<Json.Obj> event(Json.Obj in) {
    String type = textOr(in.get("type"), "");
    Json.Obj out = new Json.Obj().put("type", label(type));
    if (in.get("index") instanceof Json.Num n) {
      out.put("index", n);
    }
    Allowance a = progress.allowance(0);
    switch (type) {
      case "message_start" -> {
        Json.Obj m = in.get("message") instanceof Json.Obj o ? o : new Json.Obj();
        Json.Obj message =
            new Json.Obj()
                .put("id", "msg_" + id)
                .put("type", "message")
                .put("role", "assistant")
                .put("content", new Json.Arr(List.of()))
                .put("model", model)
                .put("stop_reason", Json.Null.NULL)
                .put("stop_sequence", Json.Null.NULL);
        progress
            .usageOf(m.get("usage"), "input_tokens", "output_tokens")
            .ifPresent(u -> message.put("usage", u));
        out.put("message", message);
      }
      case "content_block_start" -> {
        Optional<Json.Obj> block =
            in.get("content_block") instanceof Json.Obj o ? messageBlock(o, a) : Optional.empty();
        if (block.isEmpty()) {
          return Optional.empty();
        }
        out.put("content_block", block.get());
      }
      case "content_block_delta" -> {
        Json.Obj d = in.get("delta") instanceof Json.Obj o ? o : new Json.Obj();
        Json.Obj delta = new Json.Obj().put("type", label(textOr(d.get("type"), "")));
        for (String name : List.of("text", "partial_json", "thinking")) {
          if (d.get(name) instanceof Json.Str s) {
            delta.put(name, a.take(s.text()));
          }
        }
        if (d.get("signature") instanceof Json.Str s) {
          delta.put("signature", label(s.text()));
        }
        out.put("delta", delta);
      }
      case "content_block_stop", "ping" -> {}
      case "message_delta" -> {
        Json.Obj d = in.get("delta") instanceof Json.Obj o ? o : new Json.Obj();
        out.put(
            "delta",
            new Json.Obj()
                .put("stop_reason", stopReason(d, a))
                .put("stop_sequence", Json.Null.NULL));
        progress
            .usageOf(in.get("usage"), "input_tokens", "output_tokens")
            .ifPresent(u -> out.put("usage", u));
      }
      case "message_stop" -> progress.end();
      default -> {
        return Optional.empty();
      }
    }
    if (a.exceeded()) {
      progress.close(0);
    }
    return Optional.of(out);
  }

  @Override
  public List<Json.Obj> closing() {
    return List.of(
        new Json.Obj()
            .put("type", "message_delta")
            .put(
                "delta",
                new Json.Obj()
                    .put("stop_reason", "max_tokens")
                    .put("stop_sequence", Json.Null.NULL))
            .put("usage", new Json.Obj().put("output_tokens", progress.outputTokens())),
        new Json.Obj().put("type", "message_stop"));
  }

  private static Json stopReason(Json.Obj in, Allowance a) {
    if (a.exceeded()) {
      return new Json.Str("max_tokens");
    }
    return in.get("stop_reason") instanceof Json.Str s
        ? new Json.Str(label(s.text()))
        : Json.Null.NULL;
  }

  private static Optional<Json.Obj> messageBlock(Json.Obj in, Allowance a) {
    String type = textOr(in.get("type"), "");
    Json.Obj out = new Json.Obj().put("type", label(type));
    switch (type) {
      case "text" -> out.put("text", a.take(textOr(in.get("text"), "")));
      case "thinking" -> {
        out.put("thinking", a.take(textOr(in.get("thinking"), "")));
        out.put("signature", label(textOr(in.get("signature"), "")));
      }
      case "tool_use" -> {
        out.put("id", label(textOr(in.get("id"), "")))
            .put("name", label(textOr(in.get("name"), "")));
        Json input = in.get("input");
        String text = input instanceof Json.Obj ? JsonText.of(input) : "{}";
        boolean fits = a.take(text).length() == text.length();
        out.put("input", fits && input != null ? input : new Json.Obj());
      }
      default -> {
        return Optional.empty();
      }
    }
    return Optional.of(out);
  }
}
