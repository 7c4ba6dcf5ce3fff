package dev.ringfence.guard.engine;

import dev.ringfence.guard.json.Json;
import dev.ringfence.guard.json.JsonFault;
import dev.ringfence.guard.json.JsonReader;
import dev.ringfence.guard.json.JsonText;
import dev.ringfence.guard.policy.Contract;
import dev.ringfence.guard.policy.Endpoint;
import dev.ringfence.guard.state.EngineView.SmokeResult;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Asks the declared questions and judges the answers; a broken quantization shows here, before
 * traffic.
 */
public final class SmokeTester {
  private static final int MILLIS = 60_000;

  /** Printable characters that an answer has, unless the test allows fewer tokens than that. */
  private static final int LEAST_CHARACTERS = 10;

  private SmokeTester() {}

  /** Runs all tests of the contract, one after another, until one fails. */
  public static SmokeResult run(EngineClient engine, Contract contract) {
    int number = 0;
    for (Contract.SmokeTest test : contract.smokeTests()) {
      number++;
      Optional<String> fault = run(engine, contract, test);
      if (fault.isPresent()) {
        return new SmokeResult(false, Instant.now(), "test " + number + ": " + fault.get());
      }
    }
    return new SmokeResult(true, Instant.now(), "");
  }

  private static Optional<String> run(
      EngineClient engine, Contract contract, Contract.SmokeTest test) {
    Set<Endpoint> open = contract.endpoints();
    try {
      if (open.contains(Endpoint.EMBEDDINGS)) {
        return embedding(engine, contract, test);
      }
      EngineClient.Answer a =
          engine.post(Endpoint.CHAT.path(), question(contract, test, true), MILLIS);
      if (a.status() == 400) {
        // A model without a chat template is asked plainly.
        a = engine.post(Endpoint.COMPLETIONS.path(), question(contract, test, false), MILLIS);
      }
      if (a.status() != 200) {
        return Optional.of("the engine answered " + a.status());
      }
      return judge(answer(JsonReader.read(a.body(), JsonReader.Bounds.LARGE)), test);
    } catch (EngineClient.NoAnswer e) {
      return Optional.of(e.slow() ? "the engine took too long" : "the engine did not answer");
    } catch (JsonFault e) {
      return Optional.of("the engine's answer cannot be read");
    }
  }

  private static byte[] question(Contract contract, Contract.SmokeTest test, boolean chat) {
    Json.Obj body = new Json.Obj().put("model", contract.servedNames().getFirst());
    if (chat) {
      body.put(
          "messages",
          new Json.Arr(List.of(new Json.Obj().put("role", "user").put("content", test.prompt()))));
    } else {
      body.put("prompt", test.prompt());
    }
    body.put("temperature", 0).put("max_tokens", test.maxTokens());
    return JsonText.of(body).getBytes(StandardCharsets.UTF_8);
  }

  /** An embedding has no text: it has to be a vector that is not all zero. */
  private static Optional<String> embedding(
      EngineClient engine, Contract contract, Contract.SmokeTest test)
      throws EngineClient.NoAnswer, JsonFault {
    Json.Obj body =
        new Json.Obj().put("model", contract.servedNames().getFirst()).put("input", test.prompt());
    EngineClient.Answer a =
        engine.post(
            Endpoint.EMBEDDINGS.path(), JsonText.of(body).getBytes(StandardCharsets.UTF_8), MILLIS);
    if (a.status() == 200
        && JsonReader.read(a.body(), JsonReader.Bounds.LARGE) instanceof Json.Obj o
        && o.get("data") instanceof Json.Arr data
        && !data.items().isEmpty()
        && data.items().getFirst() instanceof Json.Obj first
        && first.get("embedding") instanceof Json.Arr vector
        && vector.items().stream().anyMatch(v -> v instanceof Json.Num n && n.asDouble() != 0)) {
      return Optional.empty();
    }
    return Optional.of("the engine answered " + a.status() + " without a usable vector");
  }

  /** The text of an answer, reasoning first; empty where there is none. */
  private static String answer(Json json) {
    if (json instanceof Json.Obj o
        && o.get("choices") instanceof Json.Arr choices
        && !choices.items().isEmpty()
        && choices.items().getFirst() instanceof Json.Obj choice) {
      Json.Obj message = choice.get("message") instanceof Json.Obj m ? m : new Json.Obj();
      StringBuilder text = new StringBuilder();
      for (String name : List.of("reasoning", "reasoning_content", "content")) {
        if (message.get(name) instanceof Json.Str s) {
          text.append(s.text());
        }
      }
      if (choice.get("text") instanceof Json.Str s) {
        text.append(s.text());
      }
      return text.toString();
    }
    return "";
  }

  /** What is wrong with an answer, without a word of it. */
  static Optional<String> judge(String answer, Contract.SmokeTest test) {
    long printable = answer.codePoints().filter(SmokeTester::isPrintable).count();
    int least = Math.min(LEAST_CHARACTERS, test.maxTokens());
    if (printable < least) {
      return Optional.of("the answer has " + printable + " printable characters, wanted " + least);
    }
    if (isDegenerate(answer)) {
      return Optional.of("the answer only repeats itself");
    }
    if (!test.expect().matcher(answer).find()) {
      return Optional.of("the answer does not match what is expected");
    }
    return Optional.empty();
  }

  private static boolean isPrintable(int c) {
    return switch (Character.getType(c)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.PRIVATE_USE,
          Character.SURROGATE,
          Character.UNASSIGNED ->
          false;
      default -> c != 0xfffd;
    };
  }

  /** Hardly any different characters or words, or one piece over and over. */
  static boolean isDegenerate(String answer) {
    String text = answer.strip();
    if (text.length() >= 16 && text.chars().distinct().count() <= 3) {
      return true;
    }
    String[] words = text.split("\\s+");
    if (words.length >= 6
        && java.util.Arrays.stream(words).collect(Collectors.toSet()).size() * 5 <= words.length) {
      return true;
    }
    for (int period = 1; period <= 40 && period * 4 <= text.length(); period++) {
      boolean periodic = true;
      for (int i = period; i < text.length() && periodic; i++) {
        periodic = text.charAt(i) == text.charAt(i - period);
      }
      if (periodic) {
        return true;
      }
    }
    return false;
  }
}
