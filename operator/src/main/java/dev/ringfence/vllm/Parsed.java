package dev.ringfence.vllm;

import java.util.List;

/** What a vLLM release makes of a piece of its command line. */
public sealed interface Parsed {

  /**
   * An argument with its values.
   *
   * @param argument what vLLM takes it for
   * @param spelled the name as it was written, dotted keys included, without the value
   * @param values the values; none for flags and booleans
   * @param on false where a boolean's negation was given
   */
  record Option(Argument argument, String spelled, List<String> values, boolean on)
      implements Parsed {
    public Option {
      values = List.copyOf(values);
    }
  }

  /** The model, or one more word than vLLM takes. */
  record Positional(String value) implements Parsed {}

  /** vLLM would stop here. The reason holds names, never values. */
  record Unreadable(int index, String reason) implements Parsed {}
}
