@NullMarked
package dev.ringfence.runtime;

import org.jspecify.annotations.NullMarked;
