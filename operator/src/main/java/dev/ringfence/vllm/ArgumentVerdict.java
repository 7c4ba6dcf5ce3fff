package dev.ringfence.vllm;

import java.util.Optional;

/** What Ringfence says to one argument of {@code spec.engine.extraArgs}. */
public sealed interface ArgumentVerdict {

  /** Where the argument starts in the list. */
  int index();

  /**
   * Allowed.
   *
   * @param name the canonical name
   * @param value its value; empty for a flag
   */
  record Allowed(int index, String name, Optional<String> value) implements ArgumentVerdict {

    /** The one element that is rendered: {@code --name=value}, or {@code --name} for a flag. */
    public String rendered() {
      return value.map(v -> name + "=" + v).orElse(name);
    }
  }

  /**
   * Refused.
   *
   * @param ruleId such as {@code VLLM-208}
   * @param must "must ...", without a full stop
   * @param fix the way out
   * @param shown what may be shown of the element: its name, or the whole of it where only the
   *     value of an openable argument is at fault; empty when even the name is not plain. It can
   *     still be something that looks like a credential: the caller redacts and cuts
   * @param canonical the name that vLLM takes it for, where that is known
   */
  record Refused(
      int index,
      String ruleId,
      String must,
      String fix,
      Optional<String> shown,
      Optional<String> canonical)
      implements ArgumentVerdict {}
}
