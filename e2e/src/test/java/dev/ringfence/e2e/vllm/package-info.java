/**
 * A real vLLM on a CPU, started with what {@code render} prints, behind the real guard. Tagged
 * {@code vllm}: six gigabytes from PyPI the first time, then a minute for each engine.
 */
@NullMarked
package dev.ringfence.e2e.vllm;

import org.jspecify.annotations.NullMarked;
