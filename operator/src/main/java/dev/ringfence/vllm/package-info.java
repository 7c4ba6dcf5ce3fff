/**
 * What Ringfence knows of vLLM, as data with a source: arguments, parsers and registries of each
 * release, the class of every argument and variable, and advisories. Pure: reads the class path and
 * nothing else.
 */
@NullMarked
package dev.ringfence.vllm;

import org.jspecify.annotations.NullMarked;
