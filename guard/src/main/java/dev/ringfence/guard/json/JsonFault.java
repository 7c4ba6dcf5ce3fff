package dev.ringfence.guard.json;

/** Why a text is not the JSON that is accepted here. The message never holds a part of the text. */
public final class JsonFault extends Exception {
  private static final long serialVersionUID = 1L;

  public JsonFault(String message) {
    super(message, null, false, false);
  }

  /** The message, which is never null. */
  public String reason() {
    return String.valueOf(getMessage());
  }
}
