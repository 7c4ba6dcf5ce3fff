/** The rules: one table, and the pure functions that hold a specification against it. */
@NullMarked
package dev.ringfence.rules;

import org.jspecify.annotations.NullMarked;
