@NullMarked
package dev.ringfence.guard.answer;

import org.jspecify.annotations.NullMarked;
