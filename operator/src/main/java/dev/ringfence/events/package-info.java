@NullMarked
package dev.ringfence.events;

import org.jspecify.annotations.NullMarked;
