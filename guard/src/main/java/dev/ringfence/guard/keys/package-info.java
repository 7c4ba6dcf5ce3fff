/** The API keys of a tenant, as a folder that the kubelet keeps. */
@NullMarked
package dev.ringfence.guard.keys;

import org.jspecify.annotations.NullMarked;
