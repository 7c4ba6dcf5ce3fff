/** Engines for tests: the stand-in of {@code tools/stand-in-engine} and a model for it. */
@NullMarked
package dev.ringfence.e2e.engine;

import org.jspecify.annotations.NullMarked;
