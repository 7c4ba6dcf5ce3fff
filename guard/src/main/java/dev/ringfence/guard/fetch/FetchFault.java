package dev.ringfence.guard.fetch;

/** Why a model cannot be downloaded: one line for people, no token, no address of a redirect. */
public final class FetchFault extends Exception {
  private static final long serialVersionUID = 1L;
  private final boolean again;

  private FetchFault(String message, boolean again) {
    super(message, null, false, false);
    this.again = again;
  }

  /** A fault that stays when it is tried again. */
  static FetchFault of(String message) {
    return new FetchFault(message, false);
  }

  /** A fault that may pass. */
  static FetchFault passing(String message) {
    return new FetchFault(message, true);
  }

  boolean mayPass() {
    return again;
  }

  public String reason() {
    return String.valueOf(getMessage());
  }
}
