package dev.ringfence.guard.answer;

import dev.ringfence.guard.json.Json;
import dev.ringfence.guard.policy.Endpoint;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** How far one answer has come: what each of its choices may still say, what the engine counted. */
final class Progress {
  private final Endpoint endpoint;
  private final int choices;
  private final int outputTokens;
  private final Map<Integer, Allowance> allowances = new HashMap<>();
  private final Set<Integer> closed = new HashSet<>();
  private @Nullable Usage usage;
  private boolean ended;

  Progress(Endpoint endpoint, int choices, int outputTokens) {
    this.endpoint = endpoint;
    this.choices = choices;
    this.outputTokens = outputTokens;
  }

  int choices() {
    return choices;
  }

  int outputTokens() {
    return outputTokens;
  }

  Optional<Usage> usage() {
    return Optional.ofNullable(usage);
  }

  /** What a choice may still say. */
  Allowance allowance(int choice) {
    return allowances.computeIfAbsent(choice, k -> fresh());
  }

  /** An allowance for what repeats a text. */
  Allowance fresh() {
    return new Allowance(outputTokens * AnswerFilter.CHARACTERS_PER_TOKEN);
  }

  /** A choice was cut: it says nothing more. */
  void close(int choice) {
    closed.add(choice);
  }

  boolean isClosed(int choice) {
    return closed.contains(choice);
  }

  boolean exhausted() {
    return closed.size() >= choices;
  }

  /** The stream, or a choice, said that it ends. */
  void end() {
    ended = true;
  }

  boolean ended() {
    return ended;
  }

  /** Rebuilds what the engine counted, and remembers it; empty where it counted nothing usable. */
  Optional<Json.Obj> usageOf(@Nullable Json value, String prompt, String completion) {
    if (!(value instanceof Json.Obj in)) {
      return Optional.empty();
    }
    long p = Values.integer(in.get(prompt), -1);
    long c = Values.integer(in.get(completion), endpoint == Endpoint.EMBEDDINGS ? 0 : -1);
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
}
