/**
 * What an accepted workload becomes: Kubernetes objects, made by pure functions. No client, no
 * environment, no clock.
 */
@NullMarked
package dev.ringfence.render;

import org.jspecify.annotations.NullMarked;
