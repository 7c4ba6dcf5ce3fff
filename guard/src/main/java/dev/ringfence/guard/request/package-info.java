/** What a client may ask: the fields of every endpoint, their bounds, the text that is searched. */
@NullMarked
package dev.ringfence.guard.request;

import org.jspecify.annotations.NullMarked;
