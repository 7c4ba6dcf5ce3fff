package dev.ringfence.guard.answer;

import dev.ringfence.guard.json.Json;
import dev.ringfence.guard.policy.Endpoint;
import java.util.List;
import java.util.Optional;

/**
 * Rebuilds one answer: known members only, our own id and model, and at most ten characters per
 * allowed token, content, reasoning and tool arguments together. One filter serves one request.
 */
public final class AnswerFilter {
  /** Rule 5: characters of an answer per token that it may have. */
  public static final int CHARACTERS_PER_TOKEN = 10;

  private final Progress progress;
  private final Dialect dialect;

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
    progress = new Progress(endpoint, choices, outputTokens);
    dialect =
        switch (endpoint) {
          case CHAT -> new Choices(progress, true, model, id, usageAsked);
          case COMPLETIONS -> new Choices(progress, false, model, id, usageAsked);
          case RESPONSES -> new Responses(progress, model, id);
          case MESSAGES -> new Messages(progress, model, id);
          case EMBEDDINGS -> new Lists(progress, true, model);
          case TOKENIZE -> new Lists(progress, false, model);
          case MODELS -> throw new IllegalArgumentException("the guard answers this itself");
        };
  }

  /** What the engine counted, if it said so. */
  public Optional<Usage> usage() {
    return progress.usage();
  }

  /** All answers of a stream were cut: nothing more is to come. */
  public boolean exhausted() {
    return progress.exhausted();
  }

  /** The stream came to its regular end: it said so, or a choice said why it ends. */
  public boolean ended() {
    return progress.ended();
  }

  /** Rebuilds a whole answer. */
  public Json.Obj whole(Json answer) throws NotAnAnswer {
    return dialect.whole(Values.object(answer));
  }

  /** Rebuilds one event of a stream; empty where the client gets nothing of it. */
  public Optional<Json.Obj> event(Json event) throws NotAnAnswer {
    return dialect.event(Values.object(event));
  }

  /** The stream said [DONE]. */
  public void done() {
    progress.end();
  }

  /** Events that end a stream that was cut. */
  public List<Json.Obj> closing() {
    return dialect.closing();
  }
}
