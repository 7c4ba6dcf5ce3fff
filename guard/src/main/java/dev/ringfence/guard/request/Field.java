package dev.ringfence.guard.request;

import dev.ringfence.guard.http.Refused;
import dev.ringfence.guard.json.Json;

/**
 * One field of a request that a client may set.
 *
 * @param group what has to be switched on for it
 */
record Field(Group group, Check check) {

  /** What opens a field. */
  enum Group {
    PLAIN,
    TOOLS,
    REASONING
  }

  /** Judges a value that is not null, and adds to the draft what the engine shall get. */
  interface Check {
    void check(Draft draft, String name, Json value) throws Refused;
  }

  static Field plain(Check check) {
    return new Field(Group.PLAIN, check);
  }

  static Field tools(Check check) {
    return new Field(Group.TOOLS, check);
  }

  static Field reasoning(Check check) {
    return new Field(Group.REASONING, check);
  }
}
