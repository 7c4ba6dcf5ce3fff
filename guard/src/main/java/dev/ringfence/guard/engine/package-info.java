/** The engine as the guard sees it: healthy, attested, tested, or not. */
@NullMarked
package dev.ringfence.guard.engine;

import org.jspecify.annotations.NullMarked;
