/** What a cluster still lacks before a first workload can serve, in the order of first success. */
@NullMarked
package dev.ringfence.doctor;

import org.jspecify.annotations.NullMarked;
