/** Buckets and permits: how much a key may ask for. */
@NullMarked
package dev.ringfence.guard.limit;

import org.jspecify.annotations.NullMarked;
