/** What can be seen of each rule on a running engine, from outside the product. */
@NullMarked
package dev.ringfence.e2e.evidence;

import org.jspecify.annotations.NullMarked;
