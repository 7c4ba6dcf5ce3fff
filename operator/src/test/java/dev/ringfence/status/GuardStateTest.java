package dev.ringfence.status;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.junit.jupiter.api.Test;

final class GuardStateTest {
  private static GuardState read(String json) {
    try {
      return GuardState.of(new ObjectMapper().readTree(json));
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(e);
    }
  }

  /** As a guard answers; the end-to-end suite asks a real one. */
  @Test
  void whatAGuardSays() {
    GuardState state =
        read(
            """
            {"ready": false,
             "reasons": [{"rule": "VLLM-301", "message": "the engine is not healthy"}],
             "contract": "sha256:c0",
             "limits": {"digest": "sha256:1f", "error": "the policy cannot be read", "replicas": 1},
             "keys": {"ids": ["alice", "bob"], "generation": "0badcafe", "error": null},
             "engine": {"healthy": true, "starts": 1},
             "attestation": {"ok": false, "checks": [
               {"what": "version", "rule": "VLLM-207", "want": "0.33.0", "got": "0.33.0"},
               {"what": "prefix caching", "rule": "VLLM-101", "want": "False", "got": "True"}]},
             "smokeTest": {"ok": null, "at": null},
             "egress": {"blocked": true},
             "verification": {"ok": true, "file": null, "rule": null},
             "draining": false, "notDone": []}
            """);
    assertThat(state.contract()).isEqualTo("sha256:c0");
    assertThat(state.limits()).isEqualTo("sha256:1f");
    assertThat(state.limitsError()).contains("the policy cannot be read");
    assertThat(state.keyIds()).isEqualTo(2);
    assertThat(state.keyGeneration()).isEqualTo("0badcafe");
    assertThat(state.keyError()).isEmpty();
    assertThat(state.verified()).contains(true);
    assertThat(state.attested()).contains(false);
    assertThat(state.attestationFaults())
        .containsExactly("VLLM-101 prefix caching: wanted False, got True");
    assertThat(state.egressBlocked()).contains(true);
    assertThat(state.reasons()).containsExactly("VLLM-301 the engine is not healthy");
  }

  @Test
  void whatAHostileOneSaysIsBoundedAndPlain() {
    GuardState state =
        read(
            """
            {"contract": {"a": 1}, "limits": "x", "reasons": "none",
             "keys": {"ids": 7, "generation": "%s", "error": "\\u001b[31m\\n%s"},
             "attestation": {"ok": "yes", "checks": 3}, "egress": true, "verification": []}
            """
                .formatted("9".repeat(1000), "e".repeat(1000)));
    assertThat(state.contract()).isEmpty();
    assertThat(state.limits()).isEmpty();
    assertThat(state.keyIds()).isZero();
    assertThat(state.keyGeneration()).hasSizeLessThanOrEqualTo(64);
    assertThat(state.keyError().orElseThrow()).hasSizeLessThanOrEqualTo(300).isPrintable();
    assertThat(state.attested()).isEmpty();
    assertThat(state.egressBlocked()).isEmpty();
    assertThat(state.reasons()).isEmpty();
  }
}
