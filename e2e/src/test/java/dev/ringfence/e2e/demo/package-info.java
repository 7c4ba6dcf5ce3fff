/** The demonstration, run as the README says. */
@NullMarked
package dev.ringfence.e2e.demo;

import org.jspecify.annotations.NullMarked;
