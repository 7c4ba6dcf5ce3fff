/** The CustomResourceDefinitions on a real API server. */
@NullMarked
package dev.ringfence.e2e.crd;

import org.jspecify.annotations.NullMarked;
