/** What is rendered, on a real API server. */
@NullMarked
package dev.ringfence.e2e.render;

import org.jspecify.annotations.NullMarked;
