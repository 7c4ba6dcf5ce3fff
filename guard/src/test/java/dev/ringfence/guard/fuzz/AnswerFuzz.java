package dev.ringfence.guard.fuzz;

import dev.ringfence.guard.answer.AnswerFilter;
import dev.ringfence.guard.answer.Events;
import dev.ringfence.guard.answer.NotAnAnswer;
import dev.ringfence.guard.http.Chunks;
import dev.ringfence.guard.http.ResponseHead;
import dev.ringfence.guard.json.Json;
import dev.ringfence.guard.json.JsonFault;
import dev.ringfence.guard.json.JsonReader;
import dev.ringfence.guard.policy.Endpoint;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/**
 * What a hostile engine says: the first byte is the endpoint, and whether it streams. Head, chunks,
 * events and answers are rejected, or rebuilt within the allowance and without its id.
 */
public final class AnswerFuzz {
  /** Never part of what a client gets: the engine's own id, when a seed has it. */
  private static final String ID = "ENGINE-ID";

  /** Members that hold what the engine says, or what it calls things. */
  private static final Set<String> WORDS =
      Set.of(
          "text",
          "content",
          "reasoning",
          "reasoning_content",
          "refusal",
          "arguments",
          "delta",
          "partial_json",
          "thinking",
          "signature",
          "name",
          "type",
          "status",
          "tool_choice",
          "finish_reason",
          "stop_reason",
          "stop_sequence",
          "item_id",
          "call_id",
          "embedding",
          "token_strs");

  /** Members whose objects are the engine's, bounded in size. */
  private static final Set<String> FREE = Set.of("logprobs", "input", "embedding");

  /** Members with items that the engine numbers: the id of an item is its own. */
  private static final Set<String> ITEMS =
      Set.of("item", "output", "content_block", "content", "tool_calls");

  private static final int TOKENS = 4;
  private static final Endpoint[] ENDPOINTS =
      Arrays.stream(Endpoint.values())
          .filter(e -> e.method().equals("POST"))
          .toArray(Endpoint[]::new);

  private AnswerFuzz() {}

  /** Puts an endpoint before what an engine says. */
  static byte[] seed(Endpoint endpoint, boolean stream, String said) {
    byte[] text = said.getBytes(StandardCharsets.UTF_8);
    byte[] out = new byte[text.length + 1];
    out[0] = (byte) (Arrays.asList(ENDPOINTS).indexOf(endpoint) | (stream ? 0x80 : 0));
    System.arraycopy(text, 0, out, 1, text.length);
    return out;
  }

  public static void fuzzerTestOneInput(byte[] input) {
    if (input.length == 0) {
      return;
    }
    Endpoint endpoint = ENDPOINTS[(input[0] & 0x7f) % ENDPOINTS.length];
    byte[] said = Arrays.copyOfRange(input, 1, input.length);
    try {
      ResponseHead.parse(said, said.length);
    } catch (ResponseHead.Malformed e) {
      // As it should be.
    }
    ByteArrayOutputStream unchunked = new ByteArrayOutputStream();
    try {
      new Chunks().feed(said, 0, said.length, (d, a, b) -> unchunked.write(d, a, b - a));
    } catch (Chunks.Malformed e) {
      // As it should be.
    }
    AnswerFilter filter = new AnswerFilter(endpoint, "m", "r", 1, TOKENS, true);
    try {
      if (input[0] < 0) {
        stream(filter, said);
      } else {
        check(
            filter.whole(
                JsonReader.read(
                    said, 0, said.length, JsonReader.Bounds.ANSWER, Set.of("embedding"))),
            endpoint);
      }
    } catch (JsonFault | NotAnAnswer | Events.TooLong e) {
      // As it should be.
    }
  }

  private static void stream(AnswerFilter filter, byte[] said) throws Events.TooLong {
    int[] text = {0};
    new Events()
        .feed(
            said,
            0,
            said.length,
            (data, size) -> {
              if (filter.exhausted()) {
                return;
              }
              try {
                Json event = JsonReader.read(data, 0, size, JsonReader.Bounds.ANSWER, Set.of());
                filter
                    .event(event)
                    .ifPresent(
                        out -> {
                          check(out, null);
                          text[0] += content(out);
                        });
              } catch (JsonFault | NotAnAnswer e) {
                // As it should be.
              }
            });
    if (text[0] > TOKENS * AnswerFilter.CHARACTERS_PER_TOKEN) {
      throw new AssertionError("a stream that is longer than allowed");
    }
  }

  private static void check(Json.Obj out, @org.jspecify.annotations.Nullable Endpoint whole) {
    ownWordsOnly(out, "", false);
    if ((whole == Endpoint.CHAT || whole == Endpoint.COMPLETIONS)
        && content(out) > TOKENS * AnswerFilter.CHARACTERS_PER_TOKEN) {
      throw new AssertionError("an answer that is longer than allowed");
    }
  }

  /** Whether the engine's own words stand only where they may: its id does nowhere else. */
  private static void ownWordsOnly(Json value, String member, boolean item) {
    switch (value) {
      case Json.Str s -> {
        if (s.text().contains(ID) && !WORDS.contains(member) && !(item && member.equals("id"))) {
          throw new AssertionError("the engine's id passes as " + member);
        }
      }
      case Json.Arr a -> a.items().forEach(v -> ownWordsOnly(v, member, item));
      case Json.Obj o -> {
        if (!FREE.contains(member)) {
          o.members()
              .forEach(
                  (name, v) -> {
                    ownWordsOnly(new Json.Str(name), "", false);
                    ownWordsOnly(v, name, item || ITEMS.contains(member));
                  });
        }
      }
      default -> {}
    }
  }

  /** Characters of an answer's first choice: content, reasoning and tool arguments. */
  private static int content(Json.Obj out) {
    int n = 0;
    if (out.get("choices") instanceof Json.Arr choices) {
      for (Json choice : choices.items()) {
        if (choice instanceof Json.Obj c) {
          n += texts(c, List.of("text"));
          for (String part : List.of("message", "delta")) {
            if (c.get(part) instanceof Json.Obj m) {
              n += texts(m, List.of("content", "reasoning", "reasoning_content", "refusal"));
              if (m.get("tool_calls") instanceof Json.Arr calls) {
                for (Json call : calls.items()) {
                  if (call instanceof Json.Obj o && o.get("function") instanceof Json.Obj f) {
                    n += texts(f, List.of("arguments"));
                  }
                }
              }
            }
          }
        }
      }
    }
    return n;
  }

  private static int texts(Json.Obj o, List<String> names) {
    int n = 0;
    for (String name : names) {
      if (o.get(name) instanceof Json.Str s) {
        n += s.text().codePointCount(0, s.text().length());
      }
    }
    return n;
  }
}
