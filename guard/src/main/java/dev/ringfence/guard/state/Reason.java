package dev.ringfence.guard.state;

import dev.ringfence.guard.Rule;

/** Why the guard is not ready: a rule and a sentence for people. */
public record Reason(Rule rule, String message) {}
