package dev.ringfence.reconcile;

import dev.ringfence.reconcile.Acceptance.Proof;
import dev.ringfence.rules.Verdict.Accepted;
import java.util.Optional;

/**
 * The last record that was Ready.
 *
 * @param trusted whether its content may still serve
 */
record Fallback(Acceptance record, Accepted accepted, Optional<Proof> proof, boolean trusted) {}
