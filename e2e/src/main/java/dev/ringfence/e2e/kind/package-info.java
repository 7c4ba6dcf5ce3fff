/** Real clusters: Kind's, on a Docker daemon that is there or on one of our own. */
@NullMarked
package dev.ringfence.e2e.kind;

import org.jspecify.annotations.NullMarked;
