@NullMarked
package dev.ringfence.guard.model;

import org.jspecify.annotations.NullMarked;
