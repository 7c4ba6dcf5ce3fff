@NullMarked
package dev.ringfence.guard.fetch;

import org.jspecify.annotations.NullMarked;
