package dev.ringfence.e2e.vllm;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Rendered command lines before the real parsers of the policy's default floor and of the newest
 * release. {@code tools/vllm/data/accepted-*.json} has the older ones, from the same command.
 */
@Tag("vllm")
final class CommandLineIT {
  private static final ObjectMapper JSON = new ObjectMapper();

  @ParameterizedTest
  @ValueSource(strings = {"0.32.0", "0.33.0"})
  void isWhatTheReleaseTakesItFor(String version, @TempDir Path folder)
      throws IOException, InterruptedException {
    Programs.installed();
    Path rendered = rendered(version, folder);
    Programs.Result result =
        Programs.run(
            Map.of(),
            List.of(Programs.TOOLS.resolve("accepts").toString(), version, rendered.toString()));
    assertThat(result.exitCode()).as(result.err()).isZero();
    JsonNode answer = JSON.readTree(result.out());
    JsonNode committed =
        JSON.readTree(Programs.TOOLS.resolve("data/accepted-" + version + ".json").toFile());
    assertThat(answer.get("sha256")).as("the same package").isEqualTo(committed.get("sha256"));
    assertThat(answer.get("commandLines")).hasSizeGreaterThan(5);
    for (JsonNode line : answer.get("commandLines")) {
      assertThat(line.get("accepted").asBoolean()).isTrue();
      JsonNode values = line.get("values");
      assertThat(values.get("enable_prefix_caching").asBoolean(true)).isFalse();
      assertThat(values.get("trust_remote_code").asBoolean(true)).isFalse();
      assertThat(values.get("enable_log_requests").asBoolean(true)).isFalse();
      assertThat(values.get("disable_fastapi_docs").asBoolean()).isTrue();
      assertThat(values.get("load_format").asText()).isEqualTo("safetensors");
      assertThat(values.get("uds").asText()).isEqualTo("/run/engine/engine.sock");
      for (String none : List.of("kv_transfer_config", "speculative_config", "api_key", "host")) {
        assertThat(values.get(none).isNull()).as(none).isTrue();
      }
    }
  }

  /** Six workloads that between them bring out every argument that is rendered. */
  private static Path rendered(String version, Path folder)
      throws IOException, InterruptedException {
    String workloads;
    try (InputStream in = CommandLineIT.class.getResourceAsStream("command-lines.yaml")) {
      workloads = new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
    }
    Instant expires = Instant.now().plus(Duration.ofDays(200)).truncatedTo(ChronoUnit.SECONDS);
    Path input =
        Files.writeString(
            folder.resolve("workloads.yaml"),
            workloads
                .replace("version: VERSION", "version: " + version)
                .replace("EXPIRES", "\"" + expires + "\""));
    return Files.writeString(folder.resolve("rendered.yaml"), Programs.render(input));
  }
}
