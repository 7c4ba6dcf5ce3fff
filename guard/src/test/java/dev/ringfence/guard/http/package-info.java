@NullMarked
package dev.ringfence.guard.http;

import org.jspecify.annotations.NullMarked;
