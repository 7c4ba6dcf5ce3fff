@NullMarked
package dev.ringfence.guard.json;

import org.jspecify.annotations.NullMarked;
