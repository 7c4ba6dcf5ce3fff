/** The stand-in engine, and the real guard beside it, as processes. */
@NullMarked
package dev.ringfence.e2e.engine;

import org.jspecify.annotations.NullMarked;
