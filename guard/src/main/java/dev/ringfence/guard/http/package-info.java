/** HTTP/1.1 as the guard accepts it: heads, bodies, answers. */
@NullMarked
package dev.ringfence.guard.http;

import org.jspecify.annotations.NullMarked;
