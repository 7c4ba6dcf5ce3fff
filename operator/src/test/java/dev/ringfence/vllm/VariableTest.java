package dev.ringfence.vllm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class VariableTest {

  private static final Knowledge KNOWLEDGE = Knowledge.bundled();
  private static final Set<String> ALL =
      KNOWLEDGE.openableVariables().stream().map(Openable::name).collect(Collectors.toSet());

  @ParameterizedTest
  @CsvSource(
      delimiter = ' ',
      value = {
        "NCCL_DEBUG WARN",
        "NCCL_DEBUG VERSION",
        "NCCL_DEBUG INFO",
        "NCCL_P2P_DISABLE 1",
        "NCCL_IB_DISABLE 1",
        "OMP_NUM_THREADS 1",
        "OMP_NUM_THREADS 512",
        "TZ Europe/Paris",
        "TZ UTC",
        "TZ America/Argentina/Buenos_Aires",
        "LANG C.UTF-8",
        "TOKENIZERS_PARALLELISM false",
        "PYTORCH_CUDA_ALLOC_CONF expandable_segments:True",
        "PYTORCH_ALLOC_CONF max_split_size_mb:128,expandable_segments:False",
      })
  void allows(String name, String value) {
    assertThat(KNOWLEDGE.judge(name, value, ALL))
        .isEqualTo(new VariableVerdict.Allowed(name, value));
    assertThat(KNOWLEDGE.judge(name, value, Set.of()))
        .isInstanceOfSatisfying(
            VariableVerdict.Refused.class,
            r -> {
              assertThat(r.ruleId()).isEqualTo("VLLM-209");
              assertThat(r.fix()).contains("spec.engine.allowedEnvironment");
            });
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "NCCL_DEBUG|TRACE",
        "NCCL_DEBUG|warn",
        "NCCL_DEBUG|''",
        "NCCL_DEBUG|'WARN '",
        "NCCL_DEBUG|'WARN\n'",
        "NCCL_DEBUG|$(HOME)",
        "NCCL_P2P_DISABLE|true",
        "NCCL_IB_DISABLE|0",
        "OMP_NUM_THREADS|0",
        "OMP_NUM_THREADS|513",
        "OMP_NUM_THREADS|4,2",
        "OMP_NUM_THREADS|-1",
        "TZ|:/etc/passwd",
        "TZ|/etc/localtime",
        "TZ|../x",
        "TZ|Europe/../x",
        "LANG|de_DE",
        "PYTORCH_CUDA_ALLOC_CONF|backend:cudaMallocAsync",
        "PYTORCH_CUDA_ALLOC_CONF|expandable_segments:True,",
      })
  void refusesValues(String name, String value) {
    assertThat(KNOWLEDGE.judge(name, value, ALL))
        .isInstanceOfSatisfying(
            VariableVerdict.Refused.class,
            r -> {
              assertThat(r.ruleId()).isEqualTo("VLLM-209");
              assertThat(r.valueAtFault()).isTrue();
            });
  }

  @ParameterizedTest
  @CsvSource({
    "VLLM_LOGGING_LEVEL, 103",
    "VLLM_LOGGING_CONFIG_PATH, 103",
    "VLLM_TRACE_FUNCTION, 103",
    "VLLM_DEBUG_DUMP_PATH, 103",
    "VLLM_DEBUG_LOG_API_SERVER_RESPONSE, 103",
    "VLLM_REQUEST_BODY_LOG_LEVEL, 103",
    "OTEL_EXPORTER_OTLP_ENDPOINT, 103",
    "LMCACHE_REMOTE_URL, 104",
    "LMCACHE_CONFIG_FILE, 104",
    "VLLM_NIXL_SIDE_CHANNEL_HOST, 104",
    "VLLM_USE_SIMPLE_KV_OFFLOAD, 104",
    "MOONCAKE_MASTER, 104",
    "VLLM_WEIGHT_OFFLOADING_DISABLE_UVA, 202",
    "VLLM_ALLOW_LONG_MAX_MODEL_LEN, 206",
    "NVIDIA_VISIBLE_DEVICES, 209",
    "NVIDIA_DRIVER_CAPABILITIES, 209",
    "CUDA_VISIBLE_DEVICES, 209",
    "HF_TOKEN, 406",
    "HF_TOKEN_PATH, 406",
    "HUGGING_FACE_HUB_TOKEN, 406",
    "VLLM_MODEL_REDIRECT_PATH, 407",
    "VLLM_LORA_RESOLVER_CACHE_DIR, 407",
    "VLLM_ALLOW_RUNTIME_LORA_UPDATING, 407",
    "HF_HUB_OFFLINE, 409",
    "TRANSFORMERS_OFFLINE, 409",
    "HF_ENDPOINT, 409",
    "VLLM_API_KEY, 501",
    "VLLM_PLUGINS, 209",
    "VLLM_SERVER_DEV_MODE, 209",
    "VLLM_ALLOW_INSECURE_SERIALIZATION, 209",
    "VLLM_KEEP_ALIVE_ON_ENGINE_DEATH, 209",
    "VLLM_CACHE_ROOT, 209",
    "VLLM_KV_CACHE_LAYOUT, 209",
    "VLLM_USE_MODELSCOPE, 209",
    "VLLM_TUNED_CONFIG_FOLDER, 209",
    "VLLM_NEW_IN_0_99, 209",
    "HF_HOME, 209",
    "HF_HUB_CACHE, 209",
    "TRANSFORMERS_CACHE, 209",
    "PYTHONPATH, 209",
    "PYTHONOPTIMIZE, 209",
    "LD_PRELOAD, 209",
    "LD_LIBRARY_PATH, 209",
    "CUDA_HOME, 209",
    "CUDA_LAUNCH_BLOCKING, 209",
    "NCCL_DEBUG_SUBSYS, 209",
    "NCCL_DEBUG_FILE, 209",
    "NCCL_NET_PLUGIN, 209",
    "NCCL_SOCKET_IFNAME, 209",
    "NCCL_IB_HCA, 209",
    "NCCL_MADE_UP, 209",
    "https_proxy, 209",
    "HTTPS_PROXY, 209",
    "ALL_PROXY, 209",
    "NO_PROXY, 209",
    "HOME, 209",
    "PATH, 209",
    "TMPDIR, 209",
    "MY_SETTING, 209",
    "nccl_debug, 209",
    "Nccl_Debug, 209",
  })
  void neverOpens(String name, String rule) {
    assertThat(KNOWLEDGE.openableVariable(name)).isEmpty();
    // Not even where a policy lists it.
    assertThat(KNOWLEDGE.judge(name, "swordfish", Set.of(name)))
        .isInstanceOfSatisfying(
            VariableVerdict.Refused.class,
            r -> {
              assertThat(r.ruleId()).isEqualTo("VLLM-" + rule);
              assertThat(r.must()).startsWith("must ").matches("[ -~]+");
              assertThat(r.must() + r.fix()).doesNotContain("swordfish");
              assertThat(r.valueAtFault()).isFalse();
            });
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "NCCL_DEBUG ",
        " NCCL_DEBUG",
        "NCCL_DEBUG\n",
        "NCCL_DEBUG\0LD_PRELOAD",
        "A=B",
        "A.B",
        "A-B",
        "1A",
        "\u039d",
        "NCCL_DEBUG\u200b",
        "$(A)",
        "*",
        "NCCL_*"
      })
  void refusesNames(String name) {
    assertThat(KNOWLEDGE.judge(name, "WARN", ALL))
        .isInstanceOfSatisfying(
            VariableVerdict.Refused.class, r -> assertThat(r.ruleId()).isEqualTo("VLLM-209"));
    assertThat(KNOWLEDGE.openableVariable(name)).isEmpty();
  }

  /** No grammar lets anything through that a shell, the kubelet or a loader would act on. */
  @Test
  void noGrammarTakesSpecialCharacters() {
    Stream.concat(KNOWLEDGE.openableArguments().stream(), KNOWLEDGE.openableVariables().stream())
        .forEach(
            o -> {
              for (String bad :
                  new String[] {
                    "$(A)", "$A", "`id`", "a b", "a;b", "/x", "../x", "-x", "a\n", ""
                  }) {
                assertThat(o.takes(Optional.of(bad))).as("%s=%s", o.name(), bad).isFalse();
              }
              assertThat(o.bound()).matches("[ -~]+");
              assertThat(o.why()).matches("[ -~]+");
              if (o.grammar() instanceof Openable.Grammar.Form form) {
                assertThat(o.takes(Optional.of(form.example()))).isTrue();
              }
            });
  }
}
