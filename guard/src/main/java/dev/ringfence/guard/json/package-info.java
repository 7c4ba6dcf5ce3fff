/** Strict JSON: one way to read it, one way to write it, integers exact. */
@NullMarked
package dev.ringfence.guard.json;

import org.jspecify.annotations.NullMarked;
