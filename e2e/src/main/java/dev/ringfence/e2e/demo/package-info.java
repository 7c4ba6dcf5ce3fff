/**
 * The demonstration: a cluster, the operator, a good workload, bad ones and what is said about
 * them.
 */
@NullMarked
package dev.ringfence.e2e.demo;

import org.jspecify.annotations.NullMarked;
