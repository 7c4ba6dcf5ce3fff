/**
 * The guard of one tenant's engine: proxy, fetcher and verifier, each a program of one small image.
 */
@NullMarked
package dev.ringfence.guard;

import org.jspecify.annotations.NullMarked;
