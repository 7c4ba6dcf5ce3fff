package dev.ringfence.rules;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ringfence.vllm.Knowledge;
import java.time.Instant;
import java.util.List;

/**
 * Holds objects against the rules. Pure: nothing is read but the arguments, nothing that an object
 * may hold throws, and all violations are found at once. Webhook, reconciler, command line and
 * tests call this.
 */
public final class Check {
  private Check() {}

  /**
   * Judges a VLLMDeployment.
   *
   * @param object the whole object as JSON
   */
  public static Verdict workload(JsonNode object, Surroundings surroundings) {
    return new WorkloadCheck(object, surroundings).verdict();
  }

  /** Judges a VLLMPolicy. */
  public static Judged<Policy> policy(JsonNode object, Knowledge knowledge, Instant now) {
    return PolicyCheck.judge(object, knowledge, now);
  }

  /** Judges a TrustedModel. */
  public static Judged<TrustedModel> model(JsonNode object, Knowledge knowledge) {
    return ModelCheck.judge(object, knowledge);
  }

  /**
   * Judges the replacement of a TrustedModel by another of its name: other bytes are another model,
   * and a revoked one stays revoked. What the new object breaks on its own is {@link #model}'s to
   * say.
   */
  public static List<Violation> modelUpdate(JsonNode before, JsonNode after) {
    return ModelUpdate.judge(before, after);
  }
}
