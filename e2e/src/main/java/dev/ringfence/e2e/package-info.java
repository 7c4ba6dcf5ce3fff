/** The programs of the end-to-end module: the standing control plane, and reports on it. */
@NullMarked
package dev.ringfence.e2e;

import org.jspecify.annotations.NullMarked;
