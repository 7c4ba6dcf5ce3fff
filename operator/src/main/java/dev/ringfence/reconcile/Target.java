package dev.ringfence.reconcile;

import dev.ringfence.rules.Verdict.Accepted;

/**
 * What to render.
 *
 * @param marks the current record, on which restarts are noted
 * @param record what is rendered
 * @param stop whether no engine may run
 * @param held whether it is not acceptable any more
 */
record Target(Acceptance marks, Acceptance record, Accepted accepted, boolean stop, boolean held) {
  Target backTo(Fallback fallback) {
    return new Target(marks, fallback.record(), fallback.accepted(), stop, held);
  }

  boolean rolledBack() {
    return marks.failure().isPresent() && !record.is(marks);
  }
}
