package dev.ringfence.guard.answer;

/** Tokens as the engine counted them. */
public record Usage(long promptTokens, long completionTokens) {}
