package dev.ringfence.guard.request;

import dev.ringfence.guard.Rule;
import dev.ringfence.guard.http.Refused;
import dev.ringfence.guard.json.Bytes;
import dev.ringfence.guard.json.Json;
import dev.ringfence.guard.json.JsonFault;
import dev.ringfence.guard.json.JsonReader;
import dev.ringfence.guard.json.JsonText;
import dev.ringfence.guard.policy.Contract;
import dev.ringfence.guard.policy.DenyMode;
import dev.ringfence.guard.policy.Endpoint;
import dev.ringfence.guard.policy.Limits;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Judges a body and writes it anew. Pure: what it says depends on its arguments only. */
public final class RequestCheck {
  private RequestCheck() {}

  /**
   * Judges the body of a request.
   *
   * @param cacheSalt what keeps this key id's prefixes apart in the engine
   * @throws Refused with a message that holds no client text
   */
  public static Checked check(
      Endpoint endpoint,
      byte[] body,
      int size,
      Contract contract,
      Limits.Values limits,
      DenyPatterns patterns,
      String cacheSalt)
      throws Refused {
    Json json;
    try {
      json = JsonReader.read(body, 0, size, JsonReader.Bounds.REQUEST, Set.of());
    } catch (JsonFault e) {
      throw Draft.shape(null, "the body " + e.reason());
    }
    if (!(json instanceof Json.Obj request)) {
      throw Draft.shape(null, "the body must be an object");
    }
    Draft d = new Draft(contract, limits);
    fields(endpoint, request, d);
    complete(endpoint, request, d, cacheSalt);
    boolean denied = limits.denyPatternsMode() != DenyMode.OFF && patterns.found(d.prompt, d.other);
    if (denied && limits.denyPatternsMode() == DenyMode.ENFORCE) {
      throw Draft.refused(
          Rule.DENY_PATTERNS, null, "the text matches a pattern that the policy denies");
    }
    Bytes out = new Bytes(size + 256);
    JsonText.write(d.out, out);
    return new Checked(
        endpoint,
        out.toArray(),
        d.model,
        d.stream,
        d.usageAsked,
        d.n * d.prompts,
        d.outputTokens,
        d.characters,
        denied);
  }

  private static void fields(Endpoint endpoint, Json.Obj request, Draft d) throws Refused {
    Map<String, Field> open = Fields.OPEN.getOrDefault(endpoint, Map.of());
    for (Map.Entry<String, Json> e : request.members().entrySet()) {
      String name = e.getKey();
      Field field = open.get(name);
      if (field == null) {
        if (Fields.NEVER.contains(name)) {
          throw Draft.shape(name, name + " is not allowed");
        }
        throw Draft.unknown("the request");
      }
      boolean closed =
          switch (field.group()) {
            case PLAIN -> false;
            case TOOLS -> !d.contract.tools();
            case REASONING -> !d.contract.reasoning();
          };
      if (closed) {
        throw Draft.shape(name, name + " is not open here");
      }
      if (e.getValue() != Json.Null.NULL) {
        field.check().check(d, name, e.getValue());
      } else if (name.equals("model") || name.equals("messages") || name.equals("prompt")) {
        throw Draft.shape(name, name + " must not be null");
      }
    }
  }

  /** What a request needs, and what the guard writes itself. */
  private static void complete(Endpoint endpoint, Json.Obj request, Draft d, String cacheSalt)
      throws Refused {
    if (d.model.isEmpty()) {
      throw Draft.shape("model", "model must be a name that /v1/models lists");
    }
    List<String> subjects =
        switch (endpoint) {
          case CHAT, MESSAGES -> List.of("messages");
          case COMPLETIONS -> List.of("prompt");
          case EMBEDDINGS, RESPONSES -> List.of("input");
          case TOKENIZE -> List.of("prompt", "messages");
          case MODELS -> List.of();
        };
    long there = subjects.stream().filter(s -> d.out.get(s) != null).count();
    if (there != 1) {
      throw Draft.shape(subjects.getFirst(), "the request needs " + String.join(" or ", subjects));
    }
    if (d.n * d.prompts > 4) {
      throw Draft.shape("n", "the request may ask for at most 4 answers");
    }
    boolean generates = endpoint != Endpoint.EMBEDDINGS && endpoint != Endpoint.TOKENIZE;
    if (generates) {
      if (d.out.get("temperature") == null) {
        d.out.put("temperature", new Json.Num(d.limits.temperature().token()));
      }
      if (d.outputTokens == 0) {
        d.outputTokens = d.limits.defaultOutputTokens();
        d.out.put(
            endpoint == Endpoint.RESPONSES ? "max_output_tokens" : "max_tokens", d.outputTokens);
      }
    }
    if (endpoint == Endpoint.RESPONSES) {
      d.out.put("store", false);
    }
    if (endpoint == Endpoint.CHAT || endpoint == Endpoint.COMPLETIONS) {
      if (d.stream) {
        d.out.put("stream_options", new Json.Obj().put("include_usage", true));
      } else if (request.get("stream_options") instanceof Json.Obj) {
        throw Draft.shape("stream_options", "stream_options needs stream");
      }
    }
    if (endpoint != Endpoint.TOKENIZE) {
      d.out.put("cache_salt", cacheSalt);
    }
  }
}
