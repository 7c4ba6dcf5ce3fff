/** The operator against a real API server. */
@NullMarked
package dev.ringfence.e2e.reconcile;

import org.jspecify.annotations.NullMarked;
