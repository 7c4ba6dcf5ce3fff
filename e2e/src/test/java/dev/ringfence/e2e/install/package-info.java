/** The chart and what is made from it, on a real API server. */
@NullMarked
package dev.ringfence.e2e.install;

import org.jspecify.annotations.NullMarked;
