package dev.ringfence.guard.answer;

import static dev.ringfence.guard.answer.Values.array;
import static dev.ringfence.guard.answer.Values.integer;
import static dev.ringfence.guard.answer.Values.object;

import dev.ringfence.guard.json.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Embeddings and tokens: numbers, of which nothing is streamed. */
final class Lists implements Dialect {
  private final Progress progress;
  private final boolean embeddings;
  private final String model;

  Lists(Progress progress, boolean embeddings, String model) {
    this.progress = progress;
    this.embeddings = embeddings;
    this.model = model;
  }

  @Override
  public Json.Obj whole(Json.Obj in) throws NotAnAnswer {
    return embeddings ? embeddings(in) : tokens(in);
  }

  @Override
  public Optional<Json.Obj> event(Json.Obj in) throws NotAnAnswer {
    throw new NotAnAnswer();
  }

  @Override
  public List<Json.Obj> closing() {
    return List.of();
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
    progress
        .usageOf(in.get("usage"), "prompt_tokens", "completion_tokens")
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
}
