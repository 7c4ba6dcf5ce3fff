package dev.ringfence.rules;

/** The kind of a violation, in the API server's own words (apimachinery, field.ErrorType). */
public enum Kind {
  REQUIRED("Required value", "FieldValueRequired"),
  INVALID("Invalid value", "FieldValueInvalid"),
  FORBIDDEN("Forbidden", "FieldValueForbidden"),
  UNSUPPORTED("Unsupported value", "FieldValueNotSupported"),
  DUPLICATE("Duplicate value", "FieldValueDuplicate"),
  TOO_MANY("Too many", "FieldValueTooMany");

  private final String text;
  private final String reason;

  Kind(String text, String reason) {
    this.text = text;
    this.reason = reason;
  }

  /** As a message shows it. */
  public String text() {
    return text;
  }

  /** As {@code details.causes[].reason} of a Status shows it. */
  public String reason() {
    return reason;
  }
}
