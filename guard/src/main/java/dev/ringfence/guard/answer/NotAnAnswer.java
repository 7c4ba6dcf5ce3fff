package dev.ringfence.guard.answer;

/** What the engine sent is not an answer of this endpoint. */
public final class NotAnAnswer extends Exception {
  private static final long serialVersionUID = 1L;

  NotAnAnswer() {
    super("not an answer", null, false, false);
  }
}
