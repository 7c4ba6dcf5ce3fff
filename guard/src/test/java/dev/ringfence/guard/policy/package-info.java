@NullMarked
package dev.ringfence.guard.policy;

import org.jspecify.annotations.NullMarked;
