/** What Argo CD and Flux make of our objects. */
@NullMarked
package dev.ringfence.e2e.gitops;

import org.jspecify.annotations.NullMarked;
