package dev.ringfence.vllm;

/** What Ringfence says to one variable of {@code spec.engine.env}. */
public sealed interface VariableVerdict {

  /** Allowed as it is. */
  record Allowed(String name, String value) implements VariableVerdict {}

  /**
   * Refused.
   *
   * @param ruleId such as {@code VLLM-209}
   * @param must "must ...", without a full stop
   * @param fix the way out
   * @param valueAtFault whether the name is fine and the value is not: only then may it be shown
   */
  record Refused(String ruleId, String must, String fix, boolean valueAtFault)
      implements VariableVerdict {}
}
