@NullMarked
package dev.ringfence.guard.proxy;

import org.jspecify.annotations.NullMarked;
