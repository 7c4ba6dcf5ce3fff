package dev.ringfence.guard.answer;

import static dev.ringfence.guard.answer.Values.array;
import static dev.ringfence.guard.answer.Values.integer;
import static dev.ringfence.guard.answer.Values.label;
import static dev.ringfence.guard.answer.Values.object;
import static dev.ringfence.guard.answer.Values.textOr;

import dev.ringfence.guard.json.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Responses: items of output under one allowance. */
final class Responses implements Dialect {
  private static final Pattern EVENT = Pattern.compile("response(\\.[a-z_]{1,64}){1,3}");

  private final Progress progress;
  private final String model;
  private final String id;
  private long sequence;

  Responses(Progress progress, String model, String id) {
    this.progress = progress;
    this.model = model;
    this.id = id;
  }

  @Override
  public Json.Obj whole(Json.Obj in) throws NotAnAnswer {
    return response(in, progress.allowance(0));
  }

  @Override
  public Optional<Json.Obj> event(Json.Obj in) throws NotAnAnswer {
    String type = textOr(in.get("type"), "");
    if (!EVENT.matcher(type).matches()) {
      return Optional.empty();
    }
    Json.Obj out = new Json.Obj().put("type", type).put("sequence_number", sequence++);
    for (String name : List.of("output_index", "content_index", "summary_index")) {
      if (in.get(name) instanceof Json.Num n) {
        out.put(name, n);
      }
    }
    if (in.get("item_id") instanceof Json.Str s) {
      out.put("item_id", label(s.text()));
    }
    if (in.get("delta") instanceof Json.Str s) {
      out.put("delta", progress.allowance(0).take(s.text()));
      if (type.equals("response.output_text.delta")) {
        out.put("logprobs", new Json.Arr(List.of()));
      }
    }
    // What repeats the text is bounded by itself.
    for (String name : List.of("text", "arguments")) {
      if (in.get(name) instanceof Json.Str s) {
        out.put(name, progress.fresh().take(s.text()));
      }
    }
    if (in.get("name") instanceof Json.Str s) {
      out.put("name", label(s.text()));
    }
    if (in.get("item") instanceof Json.Obj o) {
      Optional<Json.Obj> item = outputItem(o, progress.fresh());
      if (item.isEmpty()) {
        return Optional.empty();
      }
      out.put("item", item.get());
    }
    if (in.get("part") instanceof Json.Obj o) {
      out.put("part", contentPart(o, progress.fresh()));
    }
    if (in.get("response") instanceof Json.Obj o) {
      out.put("response", response(o, progress.fresh()));
    }
    if (type.equals("response.completed")
        || type.equals("response.incomplete")
        || type.equals("response.failed")) {
      progress.end();
    }
    if (progress.allowance(0).exceeded()) {
      progress.close(0);
    }
    return Optional.of(out);
  }

  @Override
  public List<Json.Obj> closing() {
    return List.of(
        new Json.Obj()
            .put("type", "response.incomplete")
            .put("sequence_number", sequence)
            .put(
                "response",
                new Json.Obj()
                    .put("id", "resp_" + id)
                    .put("object", "response")
                    .put("status", "incomplete")
                    .put("model", model)
                    .put("incomplete_details", new Json.Obj().put("reason", "max_output_tokens"))
                    .put("output", new Json.Arr(List.of()))));
  }

  private Json.Obj response(Json.Obj in, Allowance a) throws NotAnAnswer {
    Json.Obj out =
        new Json.Obj()
            .put("id", "resp_" + id)
            .put("object", "response")
            .put("created_at", integer(in.get("created_at"), 0))
            .put("model", model);
    List<Json> items = new ArrayList<>();
    for (Json item : array(in.get("output"))) {
      outputItem(object(item), a).ifPresent(items::add);
    }
    boolean cut = a.exceeded();
    out.put("status", cut ? "incomplete" : label(textOr(in.get("status"), "completed")));
    out.put("error", Json.Null.NULL);
    Json.Obj details = new Json.Obj().put("reason", "max_output_tokens");
    boolean incomplete = cut || in.get("incomplete_details") instanceof Json.Obj;
    out.put("incomplete_details", incomplete ? details : Json.Null.NULL);
    out.put("output", new Json.Arr(items));
    for (String name :
        List.of("parallel_tool_calls", "temperature", "top_p", "max_output_tokens")) {
      Json v = in.get(name);
      if (v instanceof Json.Bool || v instanceof Json.Num) {
        out.put(name, v);
      }
    }
    out.put("tool_choice", in.get("tool_choice") instanceof Json.Str s ? label(s.text()) : "auto");
    out.put("tools", new Json.Arr(List.of()));
    progress
        .usageOf(in.get("usage"), "input_tokens", "output_tokens")
        .ifPresent(u -> out.put("usage", u));
    return out;
  }

  private Optional<Json.Obj> outputItem(Json.Obj in, Allowance a) {
    Json.Obj out = new Json.Obj();
    String type = textOr(in.get("type"), "");
    out.put("type", label(type)).put("id", label(textOr(in.get("id"), "")));
    if (in.get("status") instanceof Json.Str s) {
      out.put("status", label(s.text()));
    }
    switch (type) {
      case "message" -> {
        out.put("role", "assistant");
        out.put("content", contentParts(in.get("content"), a));
      }
      case "reasoning" -> {
        out.put("summary", new Json.Arr(List.of()));
        out.put("content", contentParts(in.get("content"), a));
      }
      case "function_call" -> {
        out.put("call_id", label(textOr(in.get("call_id"), "")));
        out.put("name", label(textOr(in.get("name"), "")));
        out.put("arguments", a.take(textOr(in.get("arguments"), "")));
      }
      default -> {
        return Optional.empty();
      }
    }
    return Optional.of(out);
  }

  private static Json contentParts(@Nullable Json in, Allowance a) {
    List<Json> parts = new ArrayList<>();
    if (in instanceof Json.Arr list) {
      for (Json item : list.items()) {
        if (item instanceof Json.Obj part) {
          parts.add(contentPart(part, a));
        }
      }
    }
    return new Json.Arr(parts);
  }

  private static Json.Obj contentPart(Json.Obj in, Allowance a) {
    String type = label(textOr(in.get("type"), "output_text"));
    Json.Obj out = new Json.Obj().put("type", type).put("text", a.take(textOr(in.get("text"), "")));
    if (type.equals("output_text")) {
      out.put("annotations", new Json.Arr(List.of()));
    }
    return out;
  }
}
