/** The policy document guard.json: the contract that is pinned, the limits that are read again. */
@NullMarked
package dev.ringfence.guard.policy;

import org.jspecify.annotations.NullMarked;
