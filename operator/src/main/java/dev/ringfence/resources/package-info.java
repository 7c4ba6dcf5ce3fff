@NullMarked
package dev.ringfence.resources;

import org.jspecify.annotations.NullMarked;
