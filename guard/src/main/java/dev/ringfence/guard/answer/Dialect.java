package dev.ringfence.guard.answer;

import dev.ringfence.guard.json.Json;
import java.util.List;
import java.util.Optional;

/** How the answers of an endpoint are written. */
sealed interface Dialect permits Choices, Responses, Messages, Lists {
  /** Rebuilds a whole answer. */
  Json.Obj whole(Json.Obj in) throws NotAnAnswer;

  /** Rebuilds one event of a stream; empty where the client gets nothing of it. */
  Optional<Json.Obj> event(Json.Obj in) throws NotAnAnswer;

  /** Events that end a stream that was cut. */
  List<Json.Obj> closing();
}
