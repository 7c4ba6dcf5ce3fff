@NullMarked
package dev.ringfence.guard.keys;

import org.jspecify.annotations.NullMarked;
