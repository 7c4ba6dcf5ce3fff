@NullMarked
package dev.ringfence.e2e.images;

import org.jspecify.annotations.NullMarked;
