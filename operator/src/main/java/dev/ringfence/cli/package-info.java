/** The command line: arguments in, text and an exit code out. */
@NullMarked
package dev.ringfence.cli;

import org.jspecify.annotations.NullMarked;
