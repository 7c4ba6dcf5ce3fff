/** What admission says and refuses, on a real API server and with the real kubectl. */
@NullMarked
package dev.ringfence.e2e.admission;

import org.jspecify.annotations.NullMarked;
