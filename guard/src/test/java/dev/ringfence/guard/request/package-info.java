@NullMarked
package dev.ringfence.guard.request;

import org.jspecify.annotations.NullMarked;
