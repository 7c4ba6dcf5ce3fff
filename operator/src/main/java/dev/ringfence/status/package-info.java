@NullMarked
package dev.ringfence.status;

import org.jspecify.annotations.NullMarked;
