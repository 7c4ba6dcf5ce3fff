/**
 * The guard as a process: its arguments, what it reads again, the run folder that it shares with
 * the engine's script.
 */
@NullMarked
package dev.ringfence.guard.run;

import org.jspecify.annotations.NullMarked;
