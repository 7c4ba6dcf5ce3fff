package dev.ringfence.guard.policy;

/** What a text that matches a deny pattern leads to, from strict to loose. */
public enum DenyMode {
  /** The request is refused. */
  ENFORCE("Enforce"),
  /** The request is served and counted. */
  AUDIT("Audit"),
  /** Nothing is searched. */
  OFF("Off");

  private final String label;

  DenyMode(String label) {
    this.label = label;
  }

  public String label() {
    return label;
  }
}
