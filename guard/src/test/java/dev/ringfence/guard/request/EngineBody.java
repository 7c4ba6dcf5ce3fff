package dev.ringfence.guard.request;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ringfence.guard.policy.Endpoint;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.Set;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What goes to the engine, read by another parser (Jackson, strict on doubled names). */
public final class EngineBody {
  private static final JsonMapper OTHER =
      JsonMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();
  private static final Set<String> WRITTEN =
      Set.of(
          "max_tokens",
          "temperature",
          "cache_salt",
          "stream_options",
          "max_output_tokens",
          "store");

  private EngineBody() {}

  /** Fails where a body that was judged by {@link Requests#check} breaks a rule. */
  public static void keepsTheRules(Endpoint endpoint, byte[] body) {
    JsonNode out = OTHER.readTree(body);
    Set<String> open = Objects.requireNonNull(Fields.OPEN.get(endpoint)).keySet();
    for (String name : out.propertyNames()) {
      assertThat(open.contains(name) || WRITTEN.contains(name)).as(name).isTrue();
    }
    assertThat(out.get("model").asString()).isIn("m", "m2");
    boolean capped = false;
    for (String cap : Set.of("max_tokens", "max_completion_tokens", "max_output_tokens")) {
      if (out.has(cap)) {
        capped = true;
        assertThat(out.get(cap).isIntegralNumber()).isTrue();
        assertThat(out.get(cap).asInt()).isBetween(1, 64);
      }
    }
    if (endpoint != Endpoint.EMBEDDINGS && endpoint != Endpoint.TOKENIZE) {
      assertThat(capped).isTrue();
      assertThat(out.get("temperature").asDouble()).isBetween(0.0, 2.0);
    }
    if (endpoint != Endpoint.TOKENIZE) {
      assertThat(out.get("cache_salt").asString()).isEqualTo("salt");
    }
    if (out.has("n")) {
      assertThat(out.get("n").asInt()).isBetween(1, 4);
    }
    assertThat(new String(body, StandardCharsets.UTF_8))
        .doesNotContainIgnoringCase("ignore previous");
  }
}
