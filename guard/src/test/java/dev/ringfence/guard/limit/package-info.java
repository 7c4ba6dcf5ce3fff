@NullMarked
package dev.ringfence.guard.limit;

import org.jspecify.annotations.NullMarked;
