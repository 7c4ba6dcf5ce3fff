package dev.ringfence.guard.answer;

import static dev.ringfence.guard.answer.Values.array;
import static dev.ringfence.guard.answer.Values.bounded;
import static dev.ringfence.guard.answer.Values.integer;
import static dev.ringfence.guard.answer.Values.label;
import static dev.ringfence.guard.answer.Values.object;
import static dev.ringfence.guard.answer.Values.textOr;

import dev.ringfence.guard.json.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Chat and text completions: choices, each with its allowance. */
final class Choices implements Dialect {
  private static final int MOST_TOOL_CALLS = 128;

  private final Progress progress;
  private final boolean chat;
  private final String model;
  private final String id;
  private final boolean usageAsked;

  Choices(Progress progress, boolean chat, String model, String id, boolean usageAsked) {
    this.progress = progress;
    this.chat = chat;
    this.model = model;
    this.id = id;
    this.usageAsked = usageAsked;
  }

  @Override
  public Json.Obj whole(Json.Obj in) throws NotAnAnswer {
    Json.Obj out = head(in, chat ? "chat.completion" : "text_completion");
    List<Json> list = new ArrayList<>();
    for (Json item : array(in.get("choices"))) {
      Json.Obj choice = object(item);
      int index = (int) integer(choice.get("index"), -1);
      if (index < 0 || index >= progress.choices() || list.size() >= progress.choices()) {
        continue;
      }
      Allowance a = progress.allowance(index);
      Json.Obj kept = new Json.Obj().put("index", index);
      if (chat) {
        kept.put("message", chatMessage(object(choice.get("message")), a, true));
      } else {
        kept.put("text", a.take(textOr(choice.get("text"), "")));
      }
      logprobs(choice, kept, a);
      finish(choice, kept, a);
      list.add(kept);
    }
    if (list.isEmpty()) {
      throw new NotAnAnswer();
    }
    out.put("choices", new Json.Arr(list));
    progress
        .usageOf(in.get("usage"), "prompt_tokens", "completion_tokens")
        .ifPresent(u -> out.put("usage", u));
    return out;
  }

  @Override
  public Optional<Json.Obj> event(Json.Obj in) throws NotAnAnswer {
    Json.Obj out = head(in, chat ? "chat.completion.chunk" : "text_completion");
    List<Json> list = new ArrayList<>();
    for (Json item : array(in.get("choices"))) {
      Json.Obj choice = object(item);
      int index = (int) integer(choice.get("index"), -1);
      if (index < 0 || index >= progress.choices() || progress.isClosed(index)) {
        continue;
      }
      Allowance a = progress.allowance(index);
      Json.Obj kept = new Json.Obj().put("index", index);
      if (chat) {
        kept.put("delta", chatMessage(object(choice.get("delta")), a, false));
      } else {
        kept.put("text", a.take(textOr(choice.get("text"), "")));
      }
      logprobs(choice, kept, a);
      finish(choice, kept, a);
      if (a.exceeded()) {
        progress.close(index);
      }
      if (choice.get("finish_reason") instanceof Json.Str) {
        progress.end();
      }
      list.add(kept);
    }
    out.put("choices", new Json.Arr(list));
    Optional<Json.Obj> counted =
        progress.usageOf(in.get("usage"), "prompt_tokens", "completion_tokens");
    if (usageAsked) {
      counted.ifPresent(u -> out.put("usage", u));
    }
    boolean empty = list.isEmpty() && !(usageAsked && counted.isPresent());
    return empty ? Optional.empty() : Optional.of(out);
  }

  @Override
  public List<Json.Obj> closing() {
    return List.of();
  }

  private Json.Obj head(Json.Obj in, String object) {
    return new Json.Obj()
        .put("id", (chat ? "chatcmpl-" : "cmpl-") + id)
        .put("object", object)
        .put("created", integer(in.get("created"), 0))
        .put("model", model);
  }

  private static void finish(Json.Obj in, Json.Obj out, Allowance a) {
    if (a.exceeded()) {
      out.put("finish_reason", "length");
    } else {
      out.put(
          "finish_reason",
          in.get("finish_reason") instanceof Json.Str s
              ? new Json.Str(label(s.text()))
              : Json.Null.NULL);
    }
  }

  private void logprobs(Json.Obj in, Json.Obj out, Allowance a) {
    Json value = in.get("logprobs");
    boolean keep =
        value instanceof Json.Obj
            && !a.exceeded()
            && bounded(value, new int[] {20 * Math.max(1, progress.outputTokens()) * 8});
    out.put("logprobs", keep && value != null ? value : Json.Null.NULL);
  }

  private static Json.Obj chatMessage(Json.Obj in, Allowance a, boolean whole) {
    Json.Obj out = new Json.Obj();
    if (whole || in.get("role") instanceof Json.Str) {
      out.put("role", "assistant");
    }
    if (in.get("content") instanceof Json.Str s) {
      out.put("content", a.take(s.text()));
    } else if (whole) {
      out.put("content", Json.Null.NULL);
    }
    for (String name : List.of("reasoning", "reasoning_content", "refusal")) {
      if (in.get(name) instanceof Json.Str s) {
        out.put(name, a.take(s.text()));
      }
    }
    if (in.get("tool_calls") instanceof Json.Arr calls && !calls.items().isEmpty()) {
      List<Json> list = new ArrayList<>();
      for (Json item : calls.items()) {
        if (item instanceof Json.Obj call && list.size() < MOST_TOOL_CALLS) {
          list.add(toolCall(call, a));
        }
      }
      out.put("tool_calls", new Json.Arr(list));
    }
    return out;
  }

  private static Json.Obj toolCall(Json.Obj in, Allowance a) {
    Json.Obj out = new Json.Obj();
    if (in.get("index") instanceof Json.Num n && n.asLong().isPresent()) {
      out.put("index", n);
    }
    if (in.get("id") instanceof Json.Str s) {
      out.put("id", label(s.text()));
    }
    if (in.get("type") instanceof Json.Str) {
      out.put("type", "function");
    }
    if (in.get("function") instanceof Json.Obj f) {
      Json.Obj function = new Json.Obj();
      if (f.get("name") instanceof Json.Str s) {
        function.put("name", label(s.text()));
      }
      if (f.get("arguments") instanceof Json.Str s) {
        function.put("arguments", a.take(s.text()));
      }
      out.put("function", function);
    }
    return out;
  }
}
