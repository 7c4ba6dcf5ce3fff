/**
 * What the guard knows of itself, its keys, its policy and its engine; /state and readiness are
 * read from it.
 */
@NullMarked
package dev.ringfence.guard.state;

import org.jspecify.annotations.NullMarked;
