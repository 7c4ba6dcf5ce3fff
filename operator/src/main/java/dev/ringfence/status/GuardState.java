package dev.ringfence.status;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a guard says of itself and its engine under {@code /state}. It is shown, and nothing is
 * rendered from it.
 *
 * @param contract digest of the contract that it keeps
 * @param limits digest of the limits that it keeps
 * @param limitsError why it has not taken newer ones
 * @param keyIds how many key ids it has
 * @param keyGeneration changes whenever the keys do; equal for guards that have the same
 * @param keyError why it has no usable keys
 * @param verified whether it has verified the model's files; empty before
 * @param verificationFault the rule and the file
 * @param attested whether the engine reports what was asked of it; empty before
 * @param attestationFaults one line each
 * @param egressBlocked whether the API server cannot be reached from the pod; empty when it has not
 *     been tried
 */
public record GuardState(
    String contract,
    String limits,
    Optional<String> limitsError,
    int keyIds,
    String keyGeneration,
    Optional<String> keyError,
    Optional<Boolean> verified,
    String verificationFault,
    Optional<Boolean> attested,
    List<String> attestationFaults,
    Optional<Boolean> egressBlocked,
    List<String> reasons) {

  private static final int LONGEST = 300;
  private static final int MOST = 8;
  private static final int MOST_IDS = 1000;
  private static final int LONGEST_GENERATION = 64;

  /**
   * A guard runs beside an engine: what it says is bounded and made plain before anybody sees it.
   */
  public static GuardState of(JsonNode state) {
    List<String> faults = new ArrayList<>();
    for (JsonNode check : state.path("attestation").path("checks")) {
      if (!check.path("ok").asBoolean(check.path("want").equals(check.path("got")))
          && faults.size() < MOST) {
        faults.add(
            plain(
                check.path("rule").asText()
                    + " "
                    + check.path("what").asText()
                    + ": wanted "
                    + check.path("want").asText()
                    + ", got "
                    + check.path("got").asText()));
      }
    }
    List<String> reasons = new ArrayList<>();
    for (JsonNode reason : state.path("reasons")) {
      if (reasons.size() < MOST) {
        reasons.add(plain(reason.path("rule").asText() + " " + reason.path("message").asText()));
      }
    }
    JsonNode keys = state.path("keys");
    return new GuardState(
        plain(state.path("contract").asText()),
        plain(state.path("limits").path("digest").asText()),
        Optional.ofNullable(state.path("limits").path("error").textValue()).map(GuardState::plain),
        Math.min(keys.path("ids").size(), MOST_IDS),
        Conditions.cut(plain(keys.path("generation").asText()), LONGEST_GENERATION),
        Optional.ofNullable(keys.path("error").textValue()).map(GuardState::plain),
        flag(state.path("verification").path("ok")),
        plain(
            state.path("verification").path("rule").asText()
                + " "
                + state.path("verification").path("file").asText()),
        flag(state.path("attestation").path("ok")),
        List.copyOf(faults),
        flag(state.path("egress").path("blocked")),
        List.copyOf(reasons));
  }

  private static Optional<Boolean> flag(JsonNode node) {
    return node.isBoolean() ? Optional.of(node.booleanValue()) : Optional.empty();
  }

  /** Printable ASCII, of bounded length. */
  static String plain(String text) {
    String ascii = text.replaceAll("[^\\x20-\\x7e]", "?").strip();
    return ascii.length() > LONGEST ? ascii.substring(0, LONGEST - 3) + "..." : ascii;
  }
}
