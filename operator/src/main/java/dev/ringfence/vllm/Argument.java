package dev.ringfence.vllm;

import java.util.List;

/**
 * One argument as a vLLM release's own parser declares it.
 *
 * @param names its names; the first is the canonical one, always with two dashes
 * @param negations of a boolean: the names that switch it off, {@code --no-...} first
 * @param kind how it takes values
 * @param type what a value must be
 * @param choices the only values taken; empty when the parser has no such list
 */
public record Argument(
    List<String> names, List<String> negations, Kind kind, Type type, List<String> choices) {

  /** How an argument takes values, in argparse's terms. */
  public enum Kind {
    /** Exactly one value. */
    ONE,
    /** One value or none ({@code nargs="?"}). */
    OPTIONAL,
    /** One or more values, up to the next option ({@code nargs="+"}). */
    MANY,
    /** One value each time it is given. */
    APPEND,
    /** No value; given or not. */
    FLAG,
    /** No value; a second name switches it off. */
    BOOLEAN;

    boolean takesValue() {
      return this != FLAG && this != BOOLEAN;
    }
  }

  /** What vLLM's converter makes of a value. Everything it does not check itself is TEXT. */
  public enum Type {
    TEXT,
    INT,
    FLOAT,
    /** Like {@code 8k}, {@code 8K}, {@code 25.6k}. */
    HUMAN_INT,
    /** The same, or {@code auto} or {@code -1}. */
    HUMAN_INT_OR_AUTO,
    JSON
  }

  public Argument {
    names = List.copyOf(names);
    negations = List.copyOf(negations);
    choices = List.copyOf(choices);
  }

  /** The spelling that Ringfence renders and takes. */
  public String name() {
    return names.getFirst();
  }
}
