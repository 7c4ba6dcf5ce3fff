/**
 * What a cluster holds of a workload, read with a person's own rights and said in words. Nothing
 * here writes, and no value of a Secret is ever asked for.
 */
@NullMarked
package dev.ringfence.inspect;

import org.jspecify.annotations.NullMarked;
