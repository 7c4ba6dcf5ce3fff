@NullMarked
package dev.ringfence.guard.run;

import org.jspecify.annotations.NullMarked;
