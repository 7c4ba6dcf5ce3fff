package dev.ringfence.guard.policy;

/** Why a guard.json cannot be used; says which member, never its value. */
public final class PolicyFault extends Exception {
  private static final long serialVersionUID = 1L;

  public PolicyFault(String message) {
    super(message, null, false, false);
  }

  public String reason() {
    return String.valueOf(getMessage());
  }
}
