package dev.ringfence.guard.request;

import dev.ringfence.guard.Rule;
import dev.ringfence.guard.http.Refused;
import dev.ringfence.guard.json.Json;
import dev.ringfence.guard.policy.Endpoint;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The fields of every endpoint. What stands here may be set, within its bounds; what is in {@link
 * #NEVER} is known and refused; everything else is unknown and refused. A test holds both against
 * the request models of every vLLM version that we support.
 */
final class Fields {
  private static final int MOST_STOPS = 4;
  private static final int MOST_STOP_CHARACTERS = 64;
  private static final int MOST_CHOICES = 4;
  private static final int MOST_LOGPROBS = 5;
  private static final int MOST_INPUTS = 256;

  private Fields() {}

  /** Fields of vLLM's request models that no client may set, whatever is switched on. */
  static final Set<String> NEVER =
      Set.of(
          "add_generation_prompt",
          "add_special_tokens",
          "allowed_token_ids",
          "bad_words",
          "best_of",
          "cache_salt",
          "chat_template",
          "chat_template_kwargs",
          "continue_final_message",
          "documents",
          "early_stopping",
          "echo",
          "ec_transfer_params",
          "embed_dtype",
          "enable_response_messages",
          "endianness",
          "guided_decoding_backend",
          "ignore_eos",
          "include_reasoning",
          "include_stop_str_in_output",
          "kv_transfer_params",
          "late_chunking_params",
          "length_penalty",
          "logit_bias",
          "logprob_token_ids",
          "max_tool_calls",
          "media_io_kwargs",
          "min_tokens",
          "mm_payload",
          "mm_processor_kwargs",
          "output_config",
          "padding",
          "previous_input_messages",
          "previous_response_id",
          "priority",
          "prompt_cache_key",
          "prompt_cache_options",
          "prompt_cache_retention",
          "prompt_embeds",
          "prompt_logprobs",
          "repetition_detection",
          "request_id",
          "return_assistant_tokens_mask",
          "return_mm_kwargs",
          "return_prompt_text",
          "return_token_ids",
          "return_token_offsets",
          "return_tokens_as_token_ids",
          "return_weight_versions",
          "routed_experts_prompt_start",
          "safety_identifier",
          "session_id",
          "skip_special_tokens",
          "spaces_between_special_tokens",
          "stop_token_ids",
          "stream_interval",
          "structured_outputs",
          "suffix",
          "thinking_token_budget",
          "truncate_prompt_tokens",
          "truncation_side",
          "use_activation",
          "use_beam_search",
          "vllm_xargs",
          "watermarking");

  // --- pieces

  private static final Field.Check KEEP_STRING_DROPPED =
      (d, name, v) -> Draft.string(v, name, Integer.MAX_VALUE);
  private static final Field.Check FLAG =
      (d, name, v) -> {
        Draft.bool(v, name);
        d.out.put(name, v);
      };

  /** What may be set, by endpoint. Behind the constants that it is made of. */
  static final Map<Endpoint, Map<String, Field>> OPEN =
      Map.of(
          Endpoint.CHAT, chat(),
          Endpoint.COMPLETIONS, completions(),
          Endpoint.EMBEDDINGS, embeddings(),
          Endpoint.RESPONSES, responses(),
          Endpoint.MESSAGES, messages(),
          Endpoint.TOKENIZE, tokenize());

  private static Field.Check range(double min, double max) {
    return (d, name, v) -> {
      Draft.number(v, name, min, max);
      d.out.put(name, v);
    };
  }

  private static Field.Check rangeAbove(double above, double max) {
    return (d, name, v) -> {
      Draft.numberAbove(v, name, above, max);
      d.out.put(name, v);
    };
  }

  private static Field.Check whole(Rule rule, long min, long max) {
    return (d, name, v) -> {
      Draft.integer(rule, v, name, min, max);
      d.out.put(name, v);
    };
  }

  private static void model(Draft d, String name, Json v) throws Refused {
    if (!(v instanceof Json.Str s) || !d.contract.servedNames().contains(s.text())) {
      throw Draft.shape(name, "model must be a name that /v1/models lists");
    }
    d.model = s.text();
    d.out.put(name, v);
  }

  private static void temperature(Draft d, String name, Json v) throws Refused {
    Draft.number(v, name, d.limits.temperature().min(), d.limits.temperature().max());
    d.out.put(name, v);
  }

  /** A bound of the output; two of them must agree. */
  private static void outputTokens(Draft d, String name, Json v) throws Refused {
    long tokens = Draft.integer(Rule.OUTPUT_TOKENS, v, name, 1, d.limits.maxOutputTokens());
    if (d.outputTokens != 0) {
      if (d.outputTokens != tokens) {
        throw Draft.refused(
            Rule.OUTPUT_TOKENS, name, "max_tokens and max_completion_tokens must be equal");
      }
      return;
    }
    d.outputTokens = (int) tokens;
    d.out.put(name, v);
  }

  private static void n(Draft d, String name, Json v) throws Refused {
    d.n = (int) Draft.integer(Rule.REQUEST_FIELDS, v, name, 1, MOST_CHOICES);
    d.out.put(name, v);
  }

  private static void stop(Draft d, String name, Json v) throws Refused {
    if (v instanceof Json.Str) {
      stopString(d, name, v);
    } else {
      for (Json item : Draft.array(v, name, 0, MOST_STOPS)) {
        stopString(d, name, item);
      }
    }
    d.out.put(name, v);
  }

  private static void stopString(Draft d, String name, Json v) throws Refused {
    String text = Draft.string(v, name, 2 * MOST_STOP_CHARACTERS);
    if (text.isEmpty() || text.codePointCount(0, text.length()) > MOST_STOP_CHARACTERS) {
      throw Draft.shape(
          name, name + " must have 1 to " + MOST_STOP_CHARACTERS + " characters in each string");
    }
    d.other.add(text);
  }

  private static void stream(Draft d, String name, Json v) throws Refused {
    d.stream = Draft.bool(v, name);
    d.out.put(name, v);
  }

  /** Only include_usage; the guard writes its own. */
  private static void streamOptions(Draft d, String name, Json v) throws Refused {
    for (Map.Entry<String, Json> e : Draft.object(v, name).members().entrySet()) {
      if (!e.getKey().equals("include_usage")) {
        throw Draft.unknown(name);
      }
      if (e.getValue() != Json.Null.NULL) {
        d.usageAsked = Draft.bool(e.getValue(), name);
      }
    }
  }

  /** Plain text, any JSON, or JSON of a bounded schema. */
  private static void responseFormat(Draft d, String name, Json v) throws Refused {
    Json.Obj format = Draft.object(v, name);
    String type =
        Draft.oneOf(format.get("type"), name, List.of("text", "json_object", "json_schema"));
    for (Map.Entry<String, Json> e : format.members().entrySet()) {
      switch (e.getKey()) {
        case "type" -> {}
        case "json_schema" -> {
          if (!type.equals("json_schema")) {
            throw Draft.unknown(name);
          }
          namedSchema(d, name, Draft.object(e.getValue(), name), List.of());
        }
        default -> throw Draft.unknown(name);
      }
    }
    if (type.equals("json_schema") && format.get("json_schema") == null) {
      throw Draft.shape(name, name + " needs a json_schema");
    }
    d.out.put(name, v);
  }

  private static void namedSchema(Draft d, String name, Json.Obj schema, List<String> also)
      throws Refused {
    for (Map.Entry<String, Json> e : schema.members().entrySet()) {
      Json v = e.getValue();
      switch (e.getKey()) {
        case "name" -> d.other.add(Draft.string(v, name, 64));
        case "description" -> {
          if (v != Json.Null.NULL) {
            d.other.add(Draft.string(v, name, 1024));
          }
        }
        case "strict" -> {
          if (v != Json.Null.NULL) {
            Draft.bool(v, name);
          }
        }
        case "schema" -> Schemas.responseSchema(d, v, name);
        default -> {
          if (!also.contains(e.getKey())) {
            throw Draft.unknown(name);
          }
        }
      }
    }
    if (schema.get("name") == null || schema.get("schema") == null) {
      throw Draft.shape(name, name + " needs a name and a schema");
    }
  }

  private static Map<String, Field> sampling() {
    Map<String, Field> f = new HashMap<>();
    f.put("model", Field.plain(Fields::model));
    f.put("temperature", Field.plain(Fields::temperature));
    f.put("top_p", Field.plain(rangeAbove(0, 1)));
    f.put("min_p", Field.plain(range(0, 1)));
    f.put("top_k", Field.plain(whole(Rule.SAMPLING, -1, 1000)));
    f.put("presence_penalty", Field.plain(range(-2, 2)));
    f.put("frequency_penalty", Field.plain(range(-2, 2)));
    f.put("repetition_penalty", Field.plain(rangeAbove(0, 2)));
    f.put("seed", Field.plain(whole(Rule.SAMPLING, Long.MIN_VALUE, Long.MAX_VALUE)));
    f.put("stop", Field.plain(Fields::stop));
    f.put("stream", Field.plain(Fields::stream));
    f.put("user", Field.plain(KEEP_STRING_DROPPED));
    return f;
  }

  // --- endpoints

  private static Map<String, Field> chat() {
    Map<String, Field> f = sampling();
    f.put("messages", Field.plain(Conversation::chat));
    f.put("max_tokens", Field.plain(Fields::outputTokens));
    f.put("max_completion_tokens", Field.plain(Fields::outputTokens));
    f.put("n", Field.plain(Fields::n));
    f.put("logprobs", Field.plain(FLAG));
    f.put("top_logprobs", Field.plain(whole(Rule.SAMPLING, 0, MOST_LOGPROBS)));
    f.put("stream_options", Field.plain(Fields::streamOptions));
    f.put("response_format", Field.plain(Fields::responseFormat));
    f.put("tools", Field.tools(Tools::chatTools));
    f.put("tool_choice", Field.tools(Tools::chatChoice));
    f.put("parallel_tool_calls", Field.tools(FLAG));
    f.put(
        "reasoning_effort",
        Field.reasoning(
            (d, name, v) -> {
              Draft.oneOf(
                  v, name, List.of("none", "minimal", "low", "medium", "high", "xhigh", "max"));
              d.out.put(name, v);
            }));
    return Map.copyOf(f);
  }

  private static Map<String, Field> completions() {
    Map<String, Field> f = sampling();
    f.put("prompt", Field.plain(Fields::prompt));
    f.put("max_tokens", Field.plain(Fields::outputTokens));
    f.put("n", Field.plain(Fields::n));
    f.put("logprobs", Field.plain(whole(Rule.SAMPLING, 0, MOST_LOGPROBS)));
    f.put("stream_options", Field.plain(Fields::streamOptions));
    f.put("response_format", Field.plain(Fields::responseFormat));
    return Map.copyOf(f);
  }

  /** One text or a short list of texts; token ids are never text. */
  private static void prompt(Draft d, String name, Json v) throws Refused {
    if (v instanceof Json.Str s) {
      d.text(s.text());
    } else {
      List<Json> texts = Draft.array(v, name, 1, MOST_CHOICES);
      d.prompts = texts.size();
      for (Json text : texts) {
        d.text(Draft.string(text, name, Integer.MAX_VALUE));
      }
    }
    d.out.put(name, v);
  }

  private static Map<String, Field> embeddings() {
    Map<String, Field> f = new HashMap<>();
    f.put("model", Field.plain(Fields::model));
    f.put("user", Field.plain(KEEP_STRING_DROPPED));
    f.put(
        "input",
        Field.plain(
            (d, name, v) -> {
              if (v instanceof Json.Str s) {
                d.text(s.text());
              } else {
                for (Json text : Draft.array(v, name, 1, MOST_INPUTS)) {
                  d.text(Draft.string(text, name, Integer.MAX_VALUE));
                }
              }
              d.out.put(name, v);
            }));
    f.put(
        "encoding_format",
        Field.plain(
            (d, name, v) -> {
              Draft.oneOf(v, name, List.of("float", "base64"));
              d.out.put(name, v);
            }));
    f.put("dimensions", Field.plain(whole(Rule.REQUEST_FIELDS, 1, 65_536)));
    return Map.copyOf(f);
  }

  private static Map<String, Field> responses() {
    Map<String, Field> f = sampling();
    f.put("input", Field.plain(Conversation::input));
    f.put(
        "instructions",
        Field.plain(
            (d, name, v) -> {
              d.text(Draft.string(v, name, Integer.MAX_VALUE));
              d.out.put(name, v);
            }));
    f.put("max_output_tokens", Field.plain(Fields::outputTokens));
    f.put("top_logprobs", Field.plain(whole(Rule.SAMPLING, 0, MOST_LOGPROBS)));
    // Nothing is kept in the engine, nothing runs after the answer.
    f.put("store", Field.plain(Fields::mustBeFalse));
    f.put("background", Field.plain(Fields::mustBeFalse));
    f.put("truncation", Field.plain((d, name, v) -> Draft.oneOf(v, name, List.of("disabled"))));
    f.put(
        "service_tier",
        Field.plain((d, name, v) -> Draft.oneOf(v, name, List.of("auto", "default"))));
    f.put("include", Field.plain((d, name, v) -> Draft.array(v, name, 0, 0)));
    f.put("metadata", Field.plain(Fields::metadata));
    f.put("text", Field.plain(Fields::textFormat));
    f.put("tools", Field.tools(Tools::responsesTools));
    f.put("tool_choice", Field.tools(Tools::responsesChoice));
    f.put("parallel_tool_calls", Field.tools(FLAG));
    f.put("reasoning", Field.reasoning(Fields::reasoning));
    return Map.copyOf(f);
  }

  private static void mustBeFalse(Draft d, String name, Json v) throws Refused {
    if (Draft.bool(v, name)) {
      throw Draft.shape(name, name + " must be false");
    }
  }

  /** Labels of the client's own: checked for shape, then dropped. */
  private static void metadata(Draft d, String name, Json v) throws Refused {
    Json.Obj labels = Draft.object(v, name);
    if (labels.members().size() > 16) {
      throw Draft.shape(name, name + " may have at most 16 members");
    }
    for (Json value : labels.members().values()) {
      if (value != Json.Null.NULL) {
        Draft.string(value, name, 512);
      }
    }
  }

  private static void textFormat(Draft d, String name, Json v) throws Refused {
    for (Map.Entry<String, Json> e : Draft.object(v, name).members().entrySet()) {
      if (!e.getKey().equals("format")) {
        throw Draft.unknown(name);
      }
      Json.Obj format = Draft.object(e.getValue(), name);
      String type =
          Draft.oneOf(format.get("type"), name, List.of("text", "json_object", "json_schema"));
      if (type.equals("json_schema")) {
        namedSchema(d, name, format, List.of("type"));
      } else if (format.members().size() != 1) {
        throw Draft.unknown(name);
      }
    }
    d.out.put(name, v);
  }

  private static void reasoning(Draft d, String name, Json v) throws Refused {
    Json.Obj out = new Json.Obj();
    for (Map.Entry<String, Json> e : Draft.object(v, name).members().entrySet()) {
      if (e.getValue() == Json.Null.NULL) {
        continue;
      }
      switch (e.getKey()) {
        case "effort" -> {
          Draft.oneOf(
              e.getValue(),
              name,
              List.of("none", "minimal", "low", "medium", "high", "xhigh", "max"));
          out.put("effort", e.getValue());
        }
        case "summary" -> Draft.oneOf(e.getValue(), name, List.of("auto", "concise", "detailed"));
        default -> throw Draft.unknown(name);
      }
    }
    d.out.put(name, out);
  }

  private static Map<String, Field> messages() {
    Map<String, Field> f = new HashMap<>();
    f.put("model", Field.plain(Fields::model));
    f.put("messages", Field.plain(Conversation::messages));
    f.put("system", Field.plain(Conversation::system));
    f.put("max_tokens", Field.plain(Fields::outputTokens));
    f.put("stop_sequences", Field.plain(Fields::stopSequences));
    f.put("stream", Field.plain(Fields::stream));
    f.put("temperature", Field.plain(Fields::temperature));
    f.put("top_p", Field.plain(rangeAbove(0, 1)));
    f.put("top_k", Field.plain(whole(Rule.SAMPLING, -1, 1000)));
    f.put("metadata", Field.plain(Fields::metadata));
    f.put("tools", Field.tools(Tools::messagesTools));
    f.put("tool_choice", Field.tools(Tools::messagesChoice));
    f.put("thinking", Field.reasoning(Fields::thinking));
    return Map.copyOf(f);
  }

  private static void stopSequences(Draft d, String name, Json v) throws Refused {
    Draft.array(v, name, 0, MOST_STOPS);
    stop(d, name, v);
  }

  private static void thinking(Draft d, String name, Json v) throws Refused {
    Json.Obj thinking = Draft.object(v, name);
    String type =
        Draft.oneOf(thinking.get("type"), name, List.of("enabled", "disabled", "adaptive"));
    for (Map.Entry<String, Json> e : thinking.members().entrySet()) {
      switch (e.getKey()) {
        case "type" -> {}
        case "budget_tokens" -> {
          if (!type.equals("enabled")) {
            throw Draft.unknown(name);
          }
          Draft.integer(Rule.OUTPUT_TOKENS, e.getValue(), name, 1, d.limits.maxOutputTokens());
        }
        default -> throw Draft.unknown(name);
      }
    }
    d.out.put(name, v);
  }

  private static Map<String, Field> tokenize() {
    Map<String, Field> f = new HashMap<>();
    f.put("model", Field.plain(Fields::model));
    f.put(
        "prompt",
        Field.plain(
            (d, name, v) -> {
              d.text(Draft.string(v, name, Integer.MAX_VALUE));
              d.out.put(name, v);
            }));
    f.put("messages", Field.plain(Conversation::chat));
    f.put("add_special_tokens", Field.plain(FLAG));
    f.put("return_token_strs", Field.plain(FLAG));
    f.put("add_generation_prompt", Field.plain(FLAG));
    f.put("tools", Field.tools(Tools::chatTools));
    return Map.copyOf(f);
  }
}
