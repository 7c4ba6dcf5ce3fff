package dev.ringfence.guard.request;

import dev.ringfence.guard.http.Refused;
import dev.ringfence.guard.json.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Messages, in the three dialects. Only text passes: no media, no embeddings, no tools hidden in a
 * message.
 */
final class Conversation {
  private static final int MOST_MESSAGES = 4096;
  private static final int MOST_PARTS = 1024;
  private static final int MOST_NAME = 256;
  private static final List<String> CHAT_ROLES =
      List.of("system", "developer", "user", "assistant", "tool");

  /** What answers hold and clients send back: dropped where it is empty. */
  private static final Set<String> EMPTY_IN_ANSWERS =
      Set.of(
          "refusal",
          "audio",
          "function_call",
          "annotations",
          "tool_calls",
          "reasoning",
          "reasoning_content");

  private Conversation() {}

  private static boolean empty(Json value) {
    return value == Json.Null.NULL || (value instanceof Json.Arr a && a.items().isEmpty());
  }

  // --- chat

  static void chat(Draft d, String param, Json value) throws Refused {
    List<Json> out = new ArrayList<>();
    for (Json item : Draft.array(value, param, 1, MOST_MESSAGES)) {
      out.add(chatMessage(d, Draft.object(item, param)));
    }
    d.out.put(param, new Json.Arr(out));
  }

  private static Json chatMessage(Draft d, Json.Obj message) throws Refused {
    String param = "messages";
    String role = Draft.oneOf(message.get("role"), "messages.role", CHAT_ROLES);
    boolean assistant = role.equals("assistant");
    if (role.equals("tool") && !d.contract.tools()) {
      throw Draft.shape("messages.role", "messages of tools are not open here");
    }
    Map<String, Json> out = new LinkedHashMap<>();
    boolean calls = false;
    boolean content = false;
    for (Map.Entry<String, Json> e : message.members().entrySet()) {
      Json v = e.getValue();
      if (assistant && EMPTY_IN_ANSWERS.contains(e.getKey()) && empty(v)) {
        continue;
      }
      switch (e.getKey()) {
        case "role" -> {}
        case "content" -> {
          if (assistant && v == Json.Null.NULL) {
            break;
          }
          content = true;
          parts(d, v, param, "text");
        }
        case "name" -> {
          if (v == Json.Null.NULL) {
            continue;
          }
          d.text(Draft.string(v, "messages.name", MOST_NAME));
        }
        case "tool_calls" -> {
          if (!assistant || !d.contract.tools()) {
            throw Draft.shape("messages.tool_calls", "tool calls are not open here");
          }
          calls = true;
          Tools.calls(d, v);
        }
        case "tool_call_id" -> {
          if (!role.equals("tool")) {
            throw Draft.unknown("a message");
          }
          Tools.callId(d, v, "messages.tool_call_id");
        }
        case "reasoning", "reasoning_content" -> {
          if (!assistant || !d.contract.reasoning()) {
            throw Draft.shape(param, "reasoning in messages is not open here");
          }
          d.text(Draft.string(v, param, Integer.MAX_VALUE));
        }
        default -> throw Draft.unknown("a message");
      }
      out.put(e.getKey(), v);
    }
    if (!content && !calls) {
      throw Draft.shape("messages.content", "a message needs content");
    }
    if (role.equals("tool") && message.get("tool_call_id") == null) {
      throw Draft.shape("messages.tool_call_id", "a message of a tool needs a tool_call_id");
    }
    return new Json.Obj(out);
  }

  /** A text, or a list of parts {type: TYPE, text}. */
  private static void parts(Draft d, Json content, String param, String type) throws Refused {
    if (content instanceof Json.Str s) {
      d.text(s.text());
      return;
    }
    for (Json item : Draft.array(content, param, 1, MOST_PARTS)) {
      part(d, Draft.object(item, param), param, List.of(type));
    }
  }

  private static void part(Draft d, Json.Obj part, String param, List<String> types)
      throws Refused {
    if (!(part.get("type") instanceof Json.Str t) || !types.contains(t.text())) {
      throw Draft.shape(param, param + " may hold text parts only");
    }
    for (Map.Entry<String, Json> e : part.members().entrySet()) {
      switch (e.getKey()) {
        case "type" -> {}
        case "text" -> d.text(Draft.string(e.getValue(), param, Integer.MAX_VALUE));
        default -> throw Draft.unknown("a part");
      }
    }
    if (part.get("text") == null) {
      throw Draft.shape(param, "a text part needs text");
    }
  }

  // --- messages

  static void messages(Draft d, String param, Json value) throws Refused {
    for (Json item : Draft.array(value, param, 1, MOST_MESSAGES)) {
      Json.Obj message = Draft.object(item, param);
      Draft.oneOf(message.get("role"), "messages.role", List.of("user", "assistant"));
      Json content = message.get("content");
      if (content == null || message.members().size() != 2) {
        throw Draft.shape(param, "a message must hold role and content, and nothing else");
      }
      if (content instanceof Json.Str s) {
        d.text(s.text());
      } else {
        for (Json block : Draft.array(content, param, 1, MOST_PARTS)) {
          block(d, Draft.object(block, param));
        }
      }
    }
    d.out.put(param, value);
  }

  private static void block(Draft d, Json.Obj block) throws Refused {
    String param = "messages";
    String type = block.get("type") instanceof Json.Str t ? t.text() : "";
    switch (type) {
      case "text" -> part(d, block, param, List.of("text"));
      case "tool_use" -> {
        toolsOpen(d);
        members(block, param, "type", "id", "name", "input");
        Tools.callId(d, block.members().getOrDefault("id", Json.Null.NULL), param);
        Tools.name(d, block.members().getOrDefault("name", Json.Null.NULL), param);
        Schemas.text(d, Draft.object(block.get("input"), param));
      }
      case "tool_result" -> {
        toolsOpen(d);
        members(block, param, "type", "tool_use_id", "content", "is_error");
        Tools.callId(d, block.members().getOrDefault("tool_use_id", Json.Null.NULL), param);
        if (block.get("is_error") != null) {
          Draft.bool(block.get("is_error"), param);
        }
        Json content = block.get("content");
        if (content != null) {
          parts(d, content, param, "text");
        }
      }
      case "thinking" -> {
        if (!d.contract.reasoning()) {
          throw Draft.shape(param, "thinking in messages is not open here");
        }
        members(block, param, "type", "thinking", "signature");
        d.text(Draft.string(block.get("thinking"), param, Integer.MAX_VALUE));
        if (block.get("signature") != null) {
          d.text(Draft.string(block.get("signature"), param, Integer.MAX_VALUE));
        }
      }
      default -> throw Draft.shape(param, param + " may hold text blocks only");
    }
  }

  private static void toolsOpen(Draft d) throws Refused {
    if (!d.contract.tools()) {
      throw Draft.shape("messages", "tool blocks are not open here");
    }
  }

  private static void members(Json.Obj object, String param, String... allowed) throws Refused {
    if (!List.of(allowed).containsAll(object.members().keySet())) {
      throw Draft.unknown(param);
    }
  }

  /** The system prompt of messages: a text or text blocks. */
  static void system(Draft d, String param, Json value) throws Refused {
    parts(d, value, param, "text");
    d.out.put(param, value);
  }

  // --- responses

  static void input(Draft d, String param, Json value) throws Refused {
    if (value instanceof Json.Str s) {
      d.text(s.text());
      d.out.put(param, value);
      return;
    }
    List<Json> out = new ArrayList<>();
    for (Json item : Draft.array(value, param, 1, MOST_MESSAGES)) {
      out.add(inputItem(d, Draft.object(item, param)));
    }
    d.out.put(param, new Json.Arr(out));
  }

  private static Json inputItem(Draft d, Json.Obj item) throws Refused {
    String param = "input";
    String type = item.get("type") instanceof Json.Str t ? t.text() : "message";
    if (item.get("type") != null && !(item.get("type") instanceof Json.Str)) {
      throw Draft.shape(param, param + " holds an item of no type");
    }
    switch (type) {
      case "message" -> {
        members(item, param, "type", "role", "content", "id", "status");
        Draft.oneOf(item.get("role"), param, List.of("system", "developer", "user", "assistant"));
        identity(d, item, param);
        Json content = item.get("content");
        if (content instanceof Json.Str s) {
          d.text(s.text());
          return item;
        }
        List<Json> parts = new ArrayList<>();
        for (Json part : Draft.array(content, param, 1, MOST_PARTS)) {
          Map<String, Json> kept = new LinkedHashMap<>(Draft.object(part, param).members());
          // What answers hold and clients send back.
          for (String name : List.of("annotations", "logprobs")) {
            if (kept.containsKey(name) && empty(kept.getOrDefault(name, Json.Null.NULL))) {
              kept.remove(name);
            }
          }
          part(d, new Json.Obj(kept), param, List.of("input_text", "output_text"));
          if (kept.get("type") instanceof Json.Str t && t.text().equals("output_text")) {
            // The type of an assistant's part has annotations; the engine's parser insists on them.
            kept.put("annotations", new Json.Arr(List.of()));
          }
          parts.add(new Json.Obj(kept));
        }
        Map<String, Json> out = new LinkedHashMap<>(item.members());
        out.put("content", new Json.Arr(parts));
        return new Json.Obj(out);
      }
      case "function_call" -> {
        inputToolsOpen(d);
        members(item, param, "type", "call_id", "name", "arguments", "id", "status");
        identity(d, item, param);
        Tools.callId(d, item.members().getOrDefault("call_id", Json.Null.NULL), param);
        Tools.name(d, item.members().getOrDefault("name", Json.Null.NULL), param);
        d.text(Draft.string(item.get("arguments"), param, Integer.MAX_VALUE));
        return item;
      }
      case "function_call_output" -> {
        inputToolsOpen(d);
        members(item, param, "type", "call_id", "output", "id", "status");
        identity(d, item, param);
        Tools.callId(d, item.members().getOrDefault("call_id", Json.Null.NULL), param);
        d.text(Draft.string(item.get("output"), param, Integer.MAX_VALUE));
        return item;
      }
      default -> throw Draft.shape(param, param + " may hold messages only");
    }
  }

  private static void inputToolsOpen(Draft d) throws Refused {
    if (!d.contract.tools()) {
      throw Draft.shape("input", "tool calls are not open here");
    }
  }

  private static void identity(Draft d, Json.Obj item, String param) throws Refused {
    if (item.get("id") != null && item.get("id") != Json.Null.NULL) {
      Tools.callId(d, item.members().getOrDefault("id", Json.Null.NULL), param);
    }
    if (item.get("status") != null && item.get("status") != Json.Null.NULL) {
      Draft.oneOf(item.get("status"), param, List.of("in_progress", "completed", "incomplete"));
    }
  }
}
