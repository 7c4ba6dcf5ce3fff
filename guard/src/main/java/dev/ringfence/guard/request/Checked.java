package dev.ringfence.guard.request;

import dev.ringfence.guard.policy.Endpoint;

/**
 * A request that may go to the engine, written anew.
 *
 * @param body canonical JSON
 * @param usageAsked the client wants the usage in its stream
 * @param choices answers that the engine will write: prompts times n
 * @param outputTokens bound of each answer; 0 where the endpoint writes none
 * @param promptCharacters code points of all text that reaches the template
 * @param denied a deny pattern was found (mode Audit)
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record Checked(
    Endpoint endpoint,
    byte[] body,
    String model,
    boolean stream,
    boolean usageAsked,
    int choices,
    int outputTokens,
    int promptCharacters,
    boolean denied) {

  /** Tokens that are reserved: every answer at full length, and the prompt's characters. */
  public long reservation() {
    return (long) choices * outputTokens + promptCharacters;
  }
}
