package dev.ringfence.guard.run;

/** Something that was given at start cannot be used: one line for people, exit 2. */
public final class Unusable extends Exception {
  private static final long serialVersionUID = 1L;

  public Unusable(String message) {
    super(message, null, false, false);
  }

  public String reason() {
    return String.valueOf(getMessage());
  }
}
