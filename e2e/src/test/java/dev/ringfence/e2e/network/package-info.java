/** What the rendered NetworkPolicies allow, decided by an evaluator that is not ours. */
@NullMarked
package dev.ringfence.e2e.network;

import org.jspecify.annotations.NullMarked;
