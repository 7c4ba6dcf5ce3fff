@NullMarked
package dev.ringfence.admission;

import org.jspecify.annotations.NullMarked;
