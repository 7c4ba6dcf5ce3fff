package dev.ringfence.guard.request;

import dev.ringfence.guard.http.Refused;
import dev.ringfence.guard.json.Json;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** Tool definitions, choices and calls, in the three dialects. */
final class Tools {
  private static final int MOST_TOOLS = 128;
  private static final int MOST_ID = 256;
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_.-]{1,128}");
  private static final List<String> CHOICES = List.of("none", "auto", "required");

  private Tools() {}

  static void name(Draft d, Json value, String param) throws Refused {
    String name = Draft.string(value, param, 128);
    if (!NAME.matcher(name).matches()) {
      throw Draft.shape(param, param + " holds a function name that is malformed");
    }
    d.text(name);
  }

  /** The common part of a definition: name, description, the schema of the arguments, strict. */
  private static void definition(
      Draft d, Json.Obj tool, String param, String schema, List<String> also) throws Refused {
    if (tool.get("name") == null) {
      throw Draft.shape(param, param + " needs a name in every function");
    }
    for (Map.Entry<String, Json> e : tool.members().entrySet()) {
      Json v = e.getValue();
      if (e.getKey().equals("name")) {
        name(d, v, param);
      } else if (e.getKey().equals("description")) {
        if (v != Json.Null.NULL) {
          d.text(Draft.string(v, param, Integer.MAX_VALUE));
        }
      } else if (e.getKey().equals(schema)) {
        if (v != Json.Null.NULL) {
          Schemas.bounded(v, param);
          Schemas.text(d, v);
        }
      } else if (e.getKey().equals("strict")) {
        if (v != Json.Null.NULL) {
          Draft.bool(v, param);
        }
      } else if (!also.contains(e.getKey())) {
        throw Draft.unknown(param);
      }
    }
  }

  /** Chat: {type: function, function: {name, description, parameters, strict}}. */
  static void chatTools(Draft d, String param, Json value) throws Refused {
    for (Json item : Draft.array(value, param, 1, MOST_TOOLS)) {
      Json.Obj tool = Draft.object(item, param);
      for (Map.Entry<String, Json> e : tool.members().entrySet()) {
        switch (e.getKey()) {
          case "type" -> Draft.oneOf(e.getValue(), param, List.of("function"));
          case "function" ->
              definition(d, Draft.object(e.getValue(), param), param, "parameters", List.of());
          default -> throw Draft.unknown(param);
        }
      }
      if (tool.get("type") == null || tool.get("function") == null) {
        throw Draft.shape(param, param + " must hold functions");
      }
    }
    d.out.put(param, value);
  }

  /** Responses: {type: function, name, description, parameters, strict}. */
  static void responsesTools(Draft d, String param, Json value) throws Refused {
    List<Json> tools = Draft.array(value, param, 0, MOST_TOOLS);
    for (Json item : tools) {
      Json.Obj tool = Draft.object(item, param);
      Draft.oneOf(tool.get("type"), param, List.of("function"));
      definition(d, tool, param, "parameters", List.of("type"));
    }
    if (!tools.isEmpty()) {
      d.out.put(param, value);
    }
  }

  /** Messages: {name, description, input_schema}. */
  static void messagesTools(Draft d, String param, Json value) throws Refused {
    for (Json item : Draft.array(value, param, 1, MOST_TOOLS)) {
      Json.Obj tool = Draft.object(item, param);
      if (tool.get("type") != null) {
        Draft.oneOf(tool.get("type"), param, List.of("custom"));
        tool.members().remove("type");
      }
      if (!(tool.get("input_schema") instanceof Json.Obj)) {
        throw Draft.shape(param, param + " needs an input_schema in every tool");
      }
      definition(d, tool, param, "input_schema", List.of());
    }
    d.out.put(param, value);
  }

  /** none, auto, required, or one function by name. */
  static void chatChoice(Draft d, String param, Json value) throws Refused {
    if (value instanceof Json.Obj choice) {
      for (Map.Entry<String, Json> e : choice.members().entrySet()) {
        switch (e.getKey()) {
          case "type" -> Draft.oneOf(e.getValue(), param, List.of("function"));
          case "function" -> {
            Json.Obj function = Draft.object(e.getValue(), param);
            if (function.members().size() != 1) {
              throw Draft.unknown(param);
            }
            name(
                d,
                Draft.object(e.getValue(), param).members().getOrDefault("name", Json.Null.NULL),
                param);
          }
          default -> throw Draft.unknown(param);
        }
      }
      if (choice.members().size() != 2) {
        throw Draft.shape(param, param + " must name a function");
      }
    } else {
      Draft.oneOf(value, param, CHOICES);
    }
    d.out.put(param, value);
  }

  static void responsesChoice(Draft d, String param, Json value) throws Refused {
    if (value instanceof Json.Obj choice) {
      Draft.oneOf(choice.get("type"), param, List.of("function"));
      if (choice.members().size() != 2) {
        throw Draft.unknown(param);
      }
      name(d, choice.members().getOrDefault("name", Json.Null.NULL), param);
    } else {
      Draft.oneOf(value, param, CHOICES);
    }
    d.out.put(param, value);
  }

  static void messagesChoice(Draft d, String param, Json value) throws Refused {
    for (Map.Entry<String, Json> e : Draft.object(value, param).members().entrySet()) {
      switch (e.getKey()) {
        case "type" -> Draft.oneOf(e.getValue(), param, List.of("auto", "any", "tool", "none"));
        case "name" -> name(d, e.getValue(), param);
        case "disable_parallel_tool_use" -> Draft.bool(e.getValue(), param);
        default -> throw Draft.unknown(param);
      }
    }
    d.out.put(param, value);
  }

  /** The tool calls of an assistant's message. */
  static void calls(Draft d, Json value) throws Refused {
    String param = "messages";
    for (Json item : Draft.array(value, param, 1, MOST_TOOLS)) {
      Json.Obj call = Draft.object(item, param);
      for (Map.Entry<String, Json> e : call.members().entrySet()) {
        switch (e.getKey()) {
          case "id" -> d.text(Draft.string(e.getValue(), param, MOST_ID));
          case "type" -> Draft.oneOf(e.getValue(), param, List.of("function"));
          case "function" -> {
            Json.Obj function = Draft.object(e.getValue(), param);
            for (Map.Entry<String, Json> f : function.members().entrySet()) {
              switch (f.getKey()) {
                case "name" -> name(d, f.getValue(), param);
                case "arguments" -> d.text(Draft.string(f.getValue(), param, Integer.MAX_VALUE));
                default -> throw Draft.unknown("a tool call");
              }
            }
            if (function.get("name") == null || function.get("arguments") == null) {
              throw Draft.shape(param, "a tool call needs a name and arguments");
            }
          }
          default -> throw Draft.unknown("a tool call");
        }
      }
      if (call.get("id") == null || call.get("function") == null) {
        throw Draft.shape(param, "a tool call needs an id and a function");
      }
    }
  }

  static void callId(Draft d, Json value, String param) throws Refused {
    d.text(Draft.string(value, param, MOST_ID));
  }
}
