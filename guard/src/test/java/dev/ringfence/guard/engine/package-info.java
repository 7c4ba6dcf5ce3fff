@NullMarked
package dev.ringfence.guard.engine;

import org.jspecify.annotations.NullMarked;
