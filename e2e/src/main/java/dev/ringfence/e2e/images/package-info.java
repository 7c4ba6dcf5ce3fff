/** Images as archives, made without a daemon: any folder tree's, and our own two. */
@NullMarked
package dev.ringfence.e2e.images;

import org.jspecify.annotations.NullMarked;
