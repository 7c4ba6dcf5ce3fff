package dev.ringfence.input;

import java.util.OptionalInt;

/**
 * An input that cannot be read.
 *
 * @param line from 1; empty when the whole file is at fault
 * @param message what is wrong and the way out, without any text of the input
 */
public record Unreadable(String file, OptionalInt line, String message) {}
