/** Model folders: what a TrustedModel declares, and whether a folder holds just that. */
@NullMarked
package dev.ringfence.guard.model;

import org.jspecify.annotations.NullMarked;
