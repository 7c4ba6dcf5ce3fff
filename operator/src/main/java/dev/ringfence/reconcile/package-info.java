@NullMarked
package dev.ringfence.reconcile;

import org.jspecify.annotations.NullMarked;
