/** The guard as a process, between clients of every kind and an engine that stands in. */
@NullMarked
package dev.ringfence.e2e.guard;

import org.jspecify.annotations.NullMarked;
