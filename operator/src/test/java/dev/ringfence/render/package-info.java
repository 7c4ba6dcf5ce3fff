@NullMarked
package dev.ringfence.render;

import org.jspecify.annotations.NullMarked;
