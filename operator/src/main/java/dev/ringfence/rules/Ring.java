package dev.ringfence.rules;

/** Where a rule is enforced. */
public enum Ring {
  SCHEMA("the CRD's schema"),
  CEL("CEL rules in the CRD"),
  WEBHOOK("the admission webhook"),
  RECONCILER("the reconciler, which renders only what it has accepted"),
  VAP("ValidatingAdmissionPolicies on pods"),
  GUARD("the guard in the engine's pod"),
  ATTESTATION("the guard's reading of the running engine");

  private final String text;

  Ring(String text) {
    this.text = text;
  }

  public String text() {
    return text;
  }
}
