/** What users live through, on real kubelets, with the stand-in engine. */
@NullMarked
package dev.ringfence.e2e.stories;

import org.jspecify.annotations.NullMarked;
