package dev.ringfence.e2e.vllm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Model folders that mean harm, each twice: what Ringfence says, with a TrustedModel that is right
 * in every digest, and what a real vLLM makes of the same folder under the rendered command line
 * when nobody looks.
 */
@Tag("vllm")
final class ModelFolderAttacksIT {
  private static final String SECTION = "Model folders";
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private Path folder;

  @BeforeEach
  void needs() throws IOException, InterruptedException {
    Programs.installed();
  }

  @Test
  void speculatorsConfigWouldServeAnotherModel() throws IOException, InterruptedException {
    RealPod.Parts parts = attack("--extra", "speculators_config");
    refused("`speculators_config`", parts, "VLLM-407 config.json");
    assertThat(takes(parts).get("asksFor").asText()).isEqualTo("OTHER");
    Seen.record(
        SECTION,
        "`speculators_config`, by vLLM",
        "leaves the folder and asks for the model `OTHER` that it names");
  }

  @Test
  void paramsJsonIsAnotherConfiguration() throws IOException, InterruptedException {
    RealPod.Parts parts = attack("--extra", "params.json");
    refused("`params.json`", parts, "VLLM-407 params.json");
    JsonNode rendered = takes(parts);
    JsonNode byDefault = takes(parts, "--change=--config-format=hf=>--config-format=auto");
    assertThat(rendered.get("architecture").asText()).isEqualTo("LlamaForCausalLM");
    assertThat(byDefault).isNotEqualTo(rendered);
    Seen.record(
        SECTION,
        "`params.json` with `consolidated.safetensors`, by vLLM",
        "as rendered (`hf`) it is not read; with vLLM's default (`auto`) it is: the answer is"
            + " another");
  }

  @Test
  void autoMapRunsTheFoldersCodeWhereRemoteCodeIsTrusted()
      throws IOException, InterruptedException {
    RealPod.Parts parts = attack("--extra", "auto_map");
    refused("`auto_map` and code", parts, "VLLM-402");
    JsonNode rendered = takes(parts);
    assertThat(rendered.get("refused").asText()).contains("trust_remote_code");
    assertThat(rendered.get("codeRan").asBoolean()).isFalse();
    JsonNode trusting = takes(parts, "--change=--no-trust-remote-code=>--trust-remote-code");
    assertThat(trusting.get("codeRan").asBoolean()).isTrue();
    Seen.record(
        SECTION,
        "`auto_map` and code, by vLLM",
        "as rendered refused too; with `--trust-remote-code` the folder's code ran");
  }

  @Test
  void quantizationThatNobodyDeclaredWouldBeTaken() throws IOException, InterruptedException {
    RealPod.Parts parts = attack("--quantized");
    refused("quantized, declared as not", parts, "VLLM-602 config.json");
    String method = takes(parts).get("quantization").asText();
    assertThat(method).isEqualTo("compressed-tensors");
    Seen.record(SECTION, "the same folder, by vLLM", "taken, as `" + method + "`, unasked");
  }

  @Test
  void nestedAutoMapIsCodeTooWhereverItIsNamed() throws IOException, InterruptedException {
    RealPod.Parts parts = attack("--extra", "nested-auto_map");
    refused("`auto_map` of a part of `config.json`", parts, "VLLM-402 config.json");
    JsonNode rendered = takes(parts);
    assertThat(rendered.get("codeRan").asBoolean()).isFalse();
    Seen.record(
        SECTION,
        "`auto_map` of a part of `config.json`, by vLLM",
        rendered.has("refused")
            ? "refused"
            : "taken, as `" + rendered.get("architecture").asText() + "`");
  }

  /** The folder is a volume that somebody else can write: other weights of the same size. */
  @Test
  void weightsSwappedUnderARunningEngineAreRefusedAtItsRestart()
      throws IOException, InterruptedException {
    assumeTrue("root".equals(System.getProperty("user.name")), "needs root: name spaces, uid 2000");
    Path model = Programs.tinyModel(folder.resolve("tiny"));
    Path other = Programs.tinyModel(folder.resolve("other"), "--reversed");
    RealPod.Parts parts = Declared.parts(folder.resolve("in"), model, Declared.trusted(model));
    try (RealPod pod = RealPod.start(folder.resolve("pod"), parts)) {
      pod.awaitReady();
      Path weights = model.resolve("model.safetensors");
      byte[] swapped = Files.readAllBytes(other.resolve("model.safetensors"));
      assertThat((long) swapped.length).isEqualTo(Files.size(weights));
      Files.write(weights, swapped);
      pod.engine().getFirst().destroyForcibly();
      JsonNode state =
          pod.awaitState(
              "the files were looked at again",
              s -> s.at("/verification").has("ok") && !s.at("/verification/ok").asBoolean());
      pod.staysUnready(Duration.ofSeconds(20));
      String why = state.at("/reasons").toString();
      assertThat(why).contains("VLLM-40").contains("model.safetensors");
      Seen.record(
          SECTION,
          "weights swapped under a running engine, which then ends",
          "never ready again; `/state`: " + why.replace("\"", ""));
    }
    try (RealPod alone = RealPod.start(folder.resolve("alone"), parts, "--without-guard")) {
      String answer =
          await("vLLM answers")
              .atMost(Duration.ofMinutes(3))
              .pollInterval(Duration.ofSeconds(1))
              .ignoreExceptions()
              .until(() -> ask(alone.engine().getFirst()), said -> said.contains("choices"));
      String text = JSON.readTree(answer).at("/choices/0/message/content").asText();
      assertThat(text).isNotBlank().doesNotContain("engineer reads every line");
      Seen.record(SECTION, "the same files, by vLLM", "served: `" + text.strip() + "`");
      assertThat(alone.starts("engine")).isEqualTo(1);
    }
  }

  /** One chat completion of an engine without a guard, over its socket. */
  private static String ask(ProcessHandle engine) throws IOException, InterruptedException {
    // The pod's volumes are mounted in its own name space.
    Path socket = Path.of("/proc", String.valueOf(engine.pid()), "root/run/engine/engine.sock");
    return Programs.run(
            Map.of(),
            List.of(
                "curl",
                "--silent",
                "--unix-socket",
                socket.toString(),
                "-H",
                "Content-Type: application/json",
                "-d",
                "{\"model\": \"tiny\", \"max_tokens\": 12, \"messages\": [{\"role\": \"user\", \"content\":"
                    + " \"begin\"}]}",
                "http://engine/v1/chat/completions"))
        .out();
  }

  private RealPod.Parts attack(String... options) throws IOException, InterruptedException {
    Path model = Programs.tinyModel(folder.resolve("tiny"), options);
    return Declared.parts(folder.resolve("in"), model, Declared.vouchedByMistake(model));
  }

  /** What the pod's init container says; while it fails, no engine starts. */
  private void refused(String what, RealPod.Parts parts, String said)
      throws IOException, InterruptedException {
    Programs.Result verify =
        Programs.guard(
            "verify",
            "--model",
            folder.resolve("in/model.yaml").toString(),
            parts.model().toString());
    assertThat(verify.exitCode()).isEqualTo(1);
    assertThat(verify.err()).contains(said);
    Seen.record(SECTION, what, verify.err());
  }

  private static JsonNode takes(RealPod.Parts parts, String... changes)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Programs.TOOLS.resolve("takes").toString());
    command.add(parts.rendered().toString());
    command.add(parts.model().toString());
    command.addAll(List.of(changes));
    Programs.Result result = Programs.run(Map.of(), command);
    assertThat(result.exitCode()).as(result.err()).isZero();
    return JSON.readTree(result.out());
  }
}
