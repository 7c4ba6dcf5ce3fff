package dev.ringfence.guard.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.re2j.Pattern;
import dev.ringfence.guard.policy.Contract;
import dev.ringfence.guard.policy.PolicyDocument;
import dev.ringfence.guard.state.EngineView.Check;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EngineTest {

  private static Contract contract() throws Exception {
    try (InputStream in = EngineTest.class.getResourceAsStream("/guard.example.json")) {
      return PolicyDocument.read(Objects.requireNonNull(in).readAllBytes()).contract();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "0.32.0,true",
    "0.32.0+cpu,true",
    "0.32.0.post1,true",
    "0.32.0.post1+rocm7,true",
    "0.32.1,false",
    "0.31.0,false",
    "0.32,false",
    "0.32.0rc1,false",
    "0.32.0.evil,false",
    "0.32.0.dev1,false",
    "v0.32.0,false"
  })
  void comparesTheRelease(String version, boolean ok) throws Exception {
    Check check =
        Attestor.version(
            ("{\"version\":\"" + version + "\"}").getBytes(StandardCharsets.UTF_8), contract());
    assertThat(check.ok()).isEqualTo(ok);
    assertThat(check.rule().id()).isEqualTo("VLLM-207");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          support-chat       | /run/engine/model | 4096  |
          other              | /run/engine/model | 4096  | VLLM-401
          support-chat       | /model            | 4096  | VLLM-405
          support-chat       | /run/engine/model | 32768 | VLLM-206
          """)
  void comparesTheModel(String id, String root, int length, @Nullable String rule)
      throws Exception {
    String body =
        "{\"data\":[{\"id\":\""
            + id
            + "\",\"root\":\""
            + root
            + "\",\"max_model_len\":"
            + length
            + "}]}";
    List<Check> checks =
        Attestor.models(body.getBytes(StandardCharsets.UTF_8), contract(), "/run/engine/model");
    assertThat(checks.stream().filter(c -> !c.ok()).map(c -> c.rule().id()))
        .isEqualTo(rule == null ? List.of() : List.of(rule));
    assertThat(
            Attestor.models(
                "{\"data\":[]}".getBytes(StandardCharsets.UTF_8), contract(), "/run/engine/model"))
        .noneMatch(Check::ok);
  }

  /** One label of a right sample, changed or left out. */
  @ParameterizedTest
  @CsvSource({
    "enable_prefix_caching,False,true,VLLM-101",
    "enable_prefix_caching,True,false,VLLM-101",
    "enable_prefix_caching,false,false,VLLM-101",
    "enable_prefix_caching,,false,VLLM-101",
    "gpu_memory_utilization,0.850,true,VLLM-201",
    "gpu_memory_utilization,8.5e-1,true,VLLM-201",
    "gpu_memory_utilization,0.86,false,VLLM-201",
    "gpu_memory_utilization,nan,false,VLLM-201",
    "gpu_memory_utilization,,false,VLLM-201",
    "kv_cache_memory_bytes,1,false,VLLM-201",
    "kv_cache_memory_bytes,,false,VLLM-201",
    "kv_offloading_size,16.0,false,VLLM-104",
    "num_cpu_blocks,0,true,VLLM-202",
    "num_cpu_blocks,2048,false,VLLM-202"
  })
  void comparesTheCache(String label, String value, boolean ok, String rule) throws Exception {
    java.util.Map<String, String> labels =
        new java.util.LinkedHashMap<>(
            java.util.Map.of(
                "enable_prefix_caching",
                "False",
                "gpu_memory_utilization",
                "0.85",
                "kv_cache_memory_bytes",
                "None",
                "kv_offloading_size",
                "None",
                "num_cpu_blocks",
                "None",
                "other",
                "a\\\"b,}"));
    if (value == null) {
      labels.remove(label);
    } else {
      labels.put(label, value);
    }
    StringBuilder line = new StringBuilder("# x\nvllm:cache_config_info{");
    labels.forEach((k, v) -> line.append(k).append("=\"").append(v).append("\","));
    List<Check> checks =
        Attestor.cacheConfig(
            line.append("} 1.0\n").toString().getBytes(StandardCharsets.UTF_8), contract());
    assertThat(checks.stream().filter(c -> !c.ok()).map(c -> c.rule().id()))
        .isEqualTo(ok ? List.of() : List.of(rule));
    // A second engine that differs is not hidden behind the first.
    String two = line + line.toString().replace("\"False\"", "\"True\"");
    assertThat(Attestor.cacheConfig(two.getBytes(StandardCharsets.UTF_8), contract()))
        .anyMatch(c -> !c.ok());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          The answer is 4, which is four.        | 24 | true
          4                                      | 24 | false
          4                                      | 1  | true
          The river is wide and long today.      | 24 | false
          4444444444444444444444444444           | 24 | false
          four four four four four four four four | 24 | false
          4 4 4 4 4 4 4 4 4 4 4 4                | 24 | false
          """)
  void judgesAnswers(String answer, int maxTokens, boolean good) {
    assertThat(
            SmokeTester.judge(
                    answer,
                    new Contract.SmokeTest("2+2=", Pattern.compile("(?i)\\b4\\b|four"), maxTokens))
                .isEmpty())
        .isEqualTo(good);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "abcabcabcabcabcabc",
        "!!!!!!!!!!!!!!!!!!!!",
        "the the the the the the the",
        "0 0 0 0 0 0 0 0 0 0"
      })
  void knowsRepetition(String answer) {
    assertThat(SmokeTester.isDegenerate(answer)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Paris is the capital of France.",
        "1, 2, 3, 4, 5, 6, 7, 8, 9, 10",
        "no",
        "The cat and the dog and the bird."
      })
  void leavesOrdinaryAnswersAlone(String answer) {
    assertThat(SmokeTester.isDegenerate(answer)).isFalse();
  }
}
