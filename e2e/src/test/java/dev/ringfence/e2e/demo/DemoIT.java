package dev.ringfence.e2e.demo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ringfence.e2e.Main;
import dev.ringfence.e2e.cluster.ForkedJvm;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the README promises of {@code ./ringfence demo}. */
final class DemoIT {
  @TempDir private Path state;
  private Map<String, String> environment = Map.of();

  @BeforeEach
  void own() {
    environment = Map.of("RINGFENCE_STATE", state.toString());
  }

  @AfterEach
  void down() throws Exception {
    ForkedJvm.run(environment, Main.class, "local", "down");
  }

  @Test
  void showsAGoodWorkloadSixRefusalsAndAForeignManifestAndIsLeftRunning() throws Exception {
    ForkedJvm.Result demo = ForkedJvm.run(environment, Main.class, "demo");

    assertThat(demo.output())
        .contains("== 1. A real Kubernetes API server")
        .containsPattern("support-chat +True +Serving +example-7b-instruct +0\\.33\\.0 +2/2")
        .contains("deployment.apps/support-chat--acme", "deployment.apps/support-chat--globex")
        .doesNotContain("hf_ThisIsMadeUp")
        .contains("./ringfence local down");
    assertThat(demo.exitCode()).isZero();
    String[][] refusals = {
      {"(1)", "spec.engine.enablePrefixCaching: Invalid value: true: VLLM-101 must be false"},
      {
        "(2)",
        "spec.engine.gpuMemoryUtilization: Invalid value: 0.93: VLLM-201 must be at most 0.85"
      },
      {
        "(3)",
        "spec.engine.extraArgs[0]: Invalid value: \"--trust-remote\": VLLM-402 must not be given"
      },
      {
        "(4)",
        "spec.model.ref: Invalid value: \"example-13b-chat\": VLLM-401 must be in the catalogue"
      },
      {
        "(5)",
        "spec.engine.env[0].value: Invalid value: <redacted>: VLLM-508 must not hold a credential"
      },
      {"(6)", "VLLM-510 must not be a Secret that has another role or tenant"}
    };
    for (String[] refusal : refusals) {
      String after = demo.output().substring(demo.output().indexOf("\n" + refusal[0] + " "));
      assertThat(
              after
                  .lines()
                  .skip(2)
                  .takeWhile(line -> !line.startsWith("(") && !line.startsWith("==")))
          .as(refusal[0])
          .anyMatch(line -> line.contains(refusal[1]));
    }
    String foreign = demo.output().substring(demo.output().indexOf("== 5."));
    for (String rule :
        new String[] {
          "103", "104", "203", "208", "401", "402", "406", "501", "508", "701", "703", "708"
        }) {
      assertThat(foreign).contains("VLLM-" + rule + " must ");
    }
    assertThat(state.resolve("local/demo/good/workload.yaml")).exists();
    assertThat(ForkedJvm.run(environment, Main.class, "local", "env").exitCode()).isZero();

    assertThat(ForkedJvm.run(environment, Main.class, "local", "down").output())
        .isEqualTo("The control plane is down.\n");
    assertThat(Files.exists(state.resolve("local"))).isFalse();
  }
}
