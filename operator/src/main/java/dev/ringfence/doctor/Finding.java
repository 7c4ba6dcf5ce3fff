package dev.ringfence.doctor;

import dev.ringfence.rules.Rule;
import java.util.List;
import java.util.Optional;

/**
 * What was found about one step on the way to a first answer.
 *
 * @param what in a word or two
 * @param text what is there, or what is missing
 * @param mend commands that mend it, in their order; none where nothing is to be done
 * @param rule whose page says more
 */
public record Finding(
    String what, State state, String text, List<String> mend, Optional<Rule> rule) {
  /** How a step stands. */
  public enum State {
    OK("ok"),
    /** Nothing serves until this is mended. */
    LACKS("LACKS"),
    /** Who asks may not know, or nothing can say yet. */
    UNKNOWN("?"),
    /** It works, and somebody should still know. */
    NOTE("note");

    private final String text;

    State(String text) {
      this.text = text;
    }

    public String text() {
      return text;
    }
  }

  static Finding ok(String what, String text) {
    return new Finding(what, State.OK, text, List.of(), Optional.empty());
  }

  static Finding lacks(String what, Rule rule, String text, String... mend) {
    return new Finding(what, State.LACKS, text, List.of(mend), Optional.of(rule));
  }

  static Finding lacks(String what, String text, String... mend) {
    return new Finding(what, State.LACKS, text, List.of(mend), Optional.empty());
  }

  static Finding unknown(String what, String text, String... mend) {
    return new Finding(what, State.UNKNOWN, text, List.of(mend), Optional.empty());
  }

  static Finding note(String what, String text, String... mend) {
    return new Finding(what, State.NOTE, text, List.of(mend), Optional.empty());
  }
}
