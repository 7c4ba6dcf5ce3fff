package dev.ringfence.inspect;

/** The cluster does not answer in a way that could be understood; the message is for a person. */
public final class Unreachable extends RuntimeException {
  private static final long serialVersionUID = 1;

  public Unreachable(String message) {
    super(message);
  }
}
