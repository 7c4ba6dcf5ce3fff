/**
 * What a fuzzer calls: one class a border, each with {@code fuzzerTestOneInput(byte[])}. {@code
 * tools/fuzz/run} runs them under Jazzer; the corpora under {@code resources/fuzz} run as a test.
 */
@NullMarked
package dev.ringfence.guard.fuzz;

import org.jspecify.annotations.NullMarked;
