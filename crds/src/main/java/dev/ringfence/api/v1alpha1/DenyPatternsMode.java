package dev.ringfence.api.v1alpha1;

/** What becomes of prompts that a deny pattern matches, from strict to lax. */
public enum DenyPatternsMode {
  Enforce,
  Audit,
  Off
}
