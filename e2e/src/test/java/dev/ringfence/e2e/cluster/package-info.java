@NullMarked
package dev.ringfence.e2e.cluster;

import org.jspecify.annotations.NullMarked;
