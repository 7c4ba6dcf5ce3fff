package dev.ringfence.e2e.vllm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The same engine with one argument changed behind the operator's back: it never becomes ready. */
@Tag("vllm")
final class WrongEngineIT {
  private static final String SECTION = "Another engine than was asked for";

  @Test
  void withPrefixCachingItIsNeverReady(@TempDir Path folder)
      throws IOException, InterruptedException {
    assumeThat(System.getProperty("user.name")).as("needs root").isEqualTo("root");
    Path environment = Programs.installed();
    Path model = Programs.tinyModel(folder.resolve("tiny"));
    RealPod.Parts parts = Declared.parts(folder.resolve("in"), model, Declared.trusted(model));
    try (RealPod pod =
        RealPod.start(
            folder.resolve("pod"),
            parts,
            "--engine-argument=--no-enable-prefix-caching=>--enable-prefix-caching")) {
      JsonNode state =
          pod.awaitState(
              "the engine was looked at",
              s -> s.at("/engine/healthy").asBoolean() && s.at("/attestation/checks").size() > 0);
      // Healthy for its liveness probe, attested wrong, and that does not change by waiting.
      pod.staysUnready(Duration.ofSeconds(15));
      assertThat(state.at("/attestation/ok").asBoolean()).isFalse();
      assertThat(state.at("/ready").asBoolean()).isFalse();
      List<String> reasons =
          state.findValues("reasons").getFirst().findValuesAsText("message").stream()
              .filter(m -> m.contains("prefix"))
              .toList();
      assertThat(state.at("/reasons").findValuesAsText("rule")).contains("VLLM-101");
      Seen.record(
          SECTION,
          "started with `--enable-prefix-caching`",
          "healthy and never ready; `/state`: VLLM-101 " + String.join("; ", reasons));
      JsonNode refused =
          Declared.client(environment, pod, Map.of(), List.of("wrong_key", "too_many"))
              .get("too_many");
      assertThat(refused.get("status").asInt()).isEqualTo(503);
      Seen.record(
          SECTION,
          "a request to that engine",
          refused.get("status").asText() + ", " + refused.path("code").asText());
    }
  }
}
