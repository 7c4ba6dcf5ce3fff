/**
 * Manifests from files and streams, read as kubectl reads them, into JSON trees with their places.
 */
@NullMarked
package dev.ringfence.input;

import org.jspecify.annotations.NullMarked;
