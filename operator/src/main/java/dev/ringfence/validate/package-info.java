/** Judges the objects of an input together, without a cluster, and reports what was found. */
@NullMarked
package dev.ringfence.validate;

import org.jspecify.annotations.NullMarked;
