package dev.ringfence.guard.answer;

import dev.ringfence.guard.json.Json;
import dev.ringfence.guard.policy.Endpoint;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Rebuilds one answer: known members only, our own id and model, and at most ten characters per
 * allowed token, content, reasoning and tool arguments together. One filter serves one request.
 */
public final class AnswerFilter {
  /** Rule 5: characters of an answer per token that it may have. */
  public static final int CHARACTERS_PER_TOKEN = 10;

  private static final int MOST_LABEL = 128;
  private static final int MOST_TOOL_CALLS = 128;

  private final Endpoint endpoint;
  private final String model;
  private final String id;
  private final int choices;
  private final int outputTokens;
  private final boolean usageAsked;
  private final Map<Integer, Allowance> allowances = new HashMap<>();
  private final Set<Integer> closed = new java.util.HashSet<>();
  private @Nullable Usage usage;
  private boolean finished;
  private boolean ended;
  private long sequence;

  /**
   * @param id a part of every id in the answer: the request's
   * @param choices answers that were asked for
   * @param outputTokens tokens that each may have
   */
  public AnswerFilter(
      Endpoint endpoint,
      String model,
      String id,
      int choices,
      int outputTokens,
      boolean usageAsked) {
    this.endpoint = endpoint;
    this.model = model;
    this.id = id;
    this.choices = choices;
    this.outputTokens = outputTokens;
    this.usageAsked = usageAsked;
  }

  /** What the engine counted, if it said so. */
  public Optional<Usage> usage() {
    return Optional.ofNullable(usage);
  }

  /** All answers of a stream were cut: nothing more is to come. */
  public boolean exhausted() {
    return closed.size() >= choices;
  }

  /** The stream came to its regular end: it said so, or a choice said why it ends. */
  public boolean ended() {
    return ended || finished;
  }

  private Allowance allowance(int choice) {
    return allowances.computeIfAbsent(
        choice, k -> new Allowance(outputTokens * CHARACTERS_PER_TOKEN));
  }

  private Allowance fresh() {
    return new Allowance(outputTokens * CHARACTERS_PER_TOKEN);
  }

  // --- whole answers

  /** Rebuilds a whole answer. */
  public Json.Obj whole(Json answer) throws NotAnAnswer {
    Json.Obj in = object(answer);
    return switch (endpoint) {
      case CHAT -> wholeChoices(in, "chatcmpl-", "chat.completion", true);
      case COMPLETIONS -> wholeChoices(in, "cmpl-", "text_completion", false);
      case EMBEDDINGS -> embeddings(in);
      case RESPONSES -> response(in, allowance(0));
      case MESSAGES -> message(in);
      case TOKENIZE -> tokens(in);
      case MODELS -> throw new NotAnAnswer();
    };
  }

  private Json.Obj head(Json.Obj in, String prefix, String object) {
    return new Json.Obj()
        .put("id", prefix + id)
        .put("object", object)
        .put("created", integer(in.get("created"), 0))
        .put("model", model);
  }

  private Json.Obj wholeChoices(Json.Obj in, String prefix, String object, boolean chat)
      throws NotAnAnswer {
    Json.Obj out = head(in, prefix, object);
    List<Json> list = new ArrayList<>();
    for (Json item : array(in.get("choices"))) {
      Json.Obj choice = object(item);
      int index = (int) integer(choice.get("index"), -1);
      if (index < 0 || index >= choices || list.size() >= choices) {
        continue;
      }
      Allowance a = allowance(index);
      Json.Obj kept = new Json.Obj().put("index", index);
      if (chat) {
        kept.put("message", chatMessage(object(choice.get("message")), a, true));
      } else {
        kept.put("text", a.take(text(choice.get("text"))));
      }
      logprobs(choice, kept, a);
      finish(choice, kept, a);
      list.add(kept);
    }
    if (list.isEmpty()) {
      throw new NotAnAnswer();
    }
    out.put("choices", new Json.Arr(list));
    usageOf(in.get("usage"), "prompt_tokens", "completion_tokens")
        .ifPresent(u -> out.put("usage", u));
    return out;
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
            && bounded(value, new int[] {20 * Math.max(1, outputTokens) * 8});
    out.put("logprobs", keep && value != null ? value : Json.Null.NULL);
  }

  /** Whether a value has at most so many parts, and no long text. */
  private static boolean bounded(Json value, int[] parts) {
    if (--parts[0] < 0) {
      return false;
    }
    return switch (value) {
      case Json.Obj o ->
          o.members().entrySet().stream()
              .allMatch(e -> e.getKey().length() <= MOST_LABEL && bounded(e.getValue(), parts));
      case Json.Arr a -> a.items().stream().allMatch(v -> bounded(v, parts));
      case Json.Str s -> s.text().length() <= MOST_LABEL;
      default -> true;
    };
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

  private Json.Obj embeddings(Json.Obj in) throws NotAnAnswer {
    List<Json> data = new ArrayList<>();
    for (Json item : array(in.get("data"))) {
      Json.Obj entry = object(item);
      Json embedding = entry.get("embedding");
      if (embedding == null) {
        throw new NotAnAnswer();
      }
      data.add(
          new Json.Obj()
              .put("object", "embedding")
              .put("index", integer(entry.get("index"), 0))
              .put("embedding", embedding));
    }
    Json.Obj out =
        new Json.Obj().put("object", "list").put("data", new Json.Arr(data)).put("model", model);
    usageOf(in.get("usage"), "prompt_tokens", "completion_tokens")
        .ifPresent(
            u ->
                out.put(
                    "usage",
                    new Json.Obj()
                        .put("prompt_tokens", integer(u.get("prompt_tokens"), 0))
                        .put("total_tokens", integer(u.get("prompt_tokens"), 0))));
    return out;
  }

  private static Json.Obj tokens(Json.Obj in) throws NotAnAnswer {
    List<Json> tokens = array(in.get("tokens"));
    if (!tokens.stream().allMatch(Json.Num.class::isInstance)) {
      throw new NotAnAnswer();
    }
    Json.Obj out =
        new Json.Obj()
            .put("count", integer(in.get("count"), tokens.size()))
            .put("max_model_len", integer(in.get("max_model_len"), 0))
            .put("tokens", new Json.Arr(tokens));
    if (in.get("token_strs") instanceof Json.Arr strings
        && strings.items().stream().allMatch(Json.Str.class::isInstance)) {
      out.put("token_strs", strings);
    } else {
      out.put("token_strs", Json.Null.NULL);
    }
    return out;
  }

  // --- responses

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
    usageOf(in.get("usage"), "input_tokens", "output_tokens").ifPresent(u -> out.put("usage", u));
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

  private Optional<Json.Obj> responsesEvent(Json.Obj in) throws NotAnAnswer {
    String type = label(textOr(in.get("type"), ""));
    if (!type.startsWith("response.")) {
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
      out.put("delta", allowance(0).take(s.text()));
      if (type.equals("response.output_text.delta")) {
        out.put("logprobs", new Json.Arr(List.of()));
      }
    }
    // What repeats the text is bounded by itself.
    for (String name : List.of("text", "arguments")) {
      if (in.get(name) instanceof Json.Str s) {
        out.put(name, fresh().take(s.text()));
      }
    }
    if (in.get("name") instanceof Json.Str s) {
      out.put("name", label(s.text()));
    }
    if (in.get("item") instanceof Json.Obj o) {
      Optional<Json.Obj> item = outputItem(o, fresh());
      if (item.isEmpty()) {
        return Optional.empty();
      }
      out.put("item", item.get());
    }
    if (in.get("part") instanceof Json.Obj o) {
      out.put("part", contentPart(o, fresh()));
    }
    if (in.get("response") instanceof Json.Obj o) {
      out.put("response", response(o, fresh()));
    }
    if (type.equals("response.completed")
        || type.equals("response.incomplete")
        || type.equals("response.failed")) {
      ended = true;
    }
    if (allowance(0).exceeded()) {
      closed.add(0);
    }
    return Optional.of(out);
  }

  // --- messages

  private Json.Obj message(Json.Obj in) throws NotAnAnswer {
    Allowance a = allowance(0);
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
    usageOf(in.get("usage"), "input_tokens", "output_tokens").ifPresent(u -> out.put("usage", u));
    return out;
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
        String text =
            input instanceof Json.Obj ? dev.ringfence.guard.json.JsonText.of(input) : "{}";
        boolean fits = a.take(text).length() == text.length();
        out.put("input", fits && input != null ? input : new Json.Obj());
      }
      default -> {
        return Optional.empty();
      }
    }
    return Optional.of(out);
  }

  private Optional<Json.Obj> messagesEvent(Json.Obj in) {
    String type = textOr(in.get("type"), "");
    Json.Obj out = new Json.Obj().put("type", label(type));
    if (in.get("index") instanceof Json.Num n) {
      out.put("index", n);
    }
    Allowance a = allowance(0);
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
        usageOf(m.get("usage"), "input_tokens", "output_tokens")
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
        usageOf(in.get("usage"), "input_tokens", "output_tokens")
            .ifPresent(u -> out.put("usage", u));
      }
      case "message_stop" -> ended = true;
      default -> {
        return Optional.empty();
      }
    }
    if (a.exceeded()) {
      closed.add(0);
    }
    return Optional.of(out);
  }

  // --- events

  /** Rebuilds one event of a stream; empty where the client gets nothing of it. */
  public Optional<Json.Obj> event(Json event) throws NotAnAnswer {
    Json.Obj in = object(event);
    return switch (endpoint) {
      case CHAT -> choicesEvent(in, "chatcmpl-", "chat.completion.chunk", true);
      case COMPLETIONS -> choicesEvent(in, "cmpl-", "text_completion", false);
      case RESPONSES -> responsesEvent(in);
      case MESSAGES -> messagesEvent(in);
      default -> throw new NotAnAnswer();
    };
  }

  /** The stream said [DONE]. */
  public void done() {
    ended = true;
  }

  private Optional<Json.Obj> choicesEvent(Json.Obj in, String prefix, String object, boolean chat)
      throws NotAnAnswer {
    Json.Obj out = head(in, prefix, object);
    List<Json> list = new ArrayList<>();
    for (Json item : array(in.get("choices"))) {
      Json.Obj choice = object(item);
      int index = (int) integer(choice.get("index"), -1);
      if (index < 0 || index >= choices || closed.contains(index)) {
        continue;
      }
      Allowance a = allowance(index);
      Json.Obj kept = new Json.Obj().put("index", index);
      if (chat) {
        kept.put("delta", chatMessage(object(choice.get("delta")), a, false));
      } else {
        kept.put("text", a.take(text(choice.get("text"))));
      }
      logprobs(choice, kept, a);
      finish(choice, kept, a);
      if (a.exceeded()) {
        closed.add(index);
      }
      finished |= choice.get("finish_reason") instanceof Json.Str;
      list.add(kept);
    }
    out.put("choices", new Json.Arr(list));
    Optional<Json.Obj> counted = usageOf(in.get("usage"), "prompt_tokens", "completion_tokens");
    if (usageAsked) {
      counted.ifPresent(u -> out.put("usage", u));
    }
    boolean empty = list.isEmpty() && !(usageAsked && counted.isPresent());
    return empty ? Optional.empty() : Optional.of(out);
  }

  /** Events that end a stream that was cut. */
  public List<Json.Obj> closing() {
    return switch (endpoint) {
      case RESPONSES ->
          List.of(
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
                          .put(
                              "incomplete_details",
                              new Json.Obj().put("reason", "max_output_tokens"))
                          .put("output", new Json.Arr(List.of()))));
      case MESSAGES ->
          List.of(
              new Json.Obj()
                  .put("type", "message_delta")
                  .put(
                      "delta",
                      new Json.Obj()
                          .put("stop_reason", "max_tokens")
                          .put("stop_sequence", Json.Null.NULL))
                  .put("usage", new Json.Obj().put("output_tokens", outputTokens)),
              new Json.Obj().put("type", "message_stop"));
      default -> List.of();
    };
  }

  // --- values

  private Optional<Json.Obj> usageOf(@Nullable Json value, String prompt, String completion) {
    if (!(value instanceof Json.Obj in)) {
      return Optional.empty();
    }
    long p = integer(in.get(prompt), -1);
    long c = integer(in.get(completion), endpoint == Endpoint.EMBEDDINGS ? 0 : -1);
    if (c < 0 || c > Integer.MAX_VALUE || p > Integer.MAX_VALUE) {
      return Optional.empty();
    }
    Json.Obj out = new Json.Obj();
    if (p >= 0) {
      out.put(prompt, p);
      usage = new Usage(p, c);
    } else if (usage != null) {
      usage = new Usage(usage.promptTokens(), c);
    }
    out.put(completion, c);
    if (p >= 0 && endpoint != Endpoint.MESSAGES) {
      out.put("total_tokens", p + c);
    }
    if (in.get("completion_tokens_details") instanceof Json.Obj d
        && d.get("reasoning_tokens") instanceof Json.Num n
        && n.asLong().isPresent()) {
      out.put("completion_tokens_details", new Json.Obj().put("reasoning_tokens", n));
    }
    return Optional.of(out);
  }

  private static Json.Obj object(@Nullable Json value) throws NotAnAnswer {
    if (value instanceof Json.Obj o) {
      return o;
    }
    throw new NotAnAnswer();
  }

  private static List<Json> array(@Nullable Json value) throws NotAnAnswer {
    if (value instanceof Json.Arr a) {
      return a.items();
    }
    throw new NotAnAnswer();
  }

  private static String text(@Nullable Json value) {
    return textOr(value, "");
  }

  private static String textOr(@Nullable Json value, String other) {
    return value instanceof Json.Str s ? s.text() : other;
  }

  private static long integer(@Nullable Json value, long other) {
    return value instanceof Json.Num n && n.asLong().isPresent() ? n.asLong().getAsLong() : other;
  }

  /** A short text of printable ASCII: what an engine calls things. */
  private static String label(String text) {
    StringBuilder out = new StringBuilder(Math.min(text.length(), MOST_LABEL));
    for (int i = 0; i < text.length() && out.length() < MOST_LABEL; i++) {
      char c = text.charAt(i);
      if (c >= 0x20 && c < 0x7f) {
        out.append(c);
      }
    }
    return out.toString();
  }
}
