package dev.ringfence.render;

import dev.ringfence.rules.Workload;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The engine's environment. Beside what the workload sets, every variable that an image could bring
 * and that would loosen a rule is written with its safe value: a pod's value wins over an image's.
 * All were tried on a real engine or read in vLLM's {@code envs.py}.
 */
final class EngineEnvironment {
  /** Values that never differ. */
  private static final Map<String, String> FIXED =
      Map.ofEntries(
          // No code but the image's own.
          Map.entry("LD_PRELOAD", ""),
          Map.entry("LD_AUDIT", ""),
          Map.entry("PYTHONPATH", ""),
          Map.entry("PYTHONSTARTUP", ""),
          Map.entry("PYTHONOPTIMIZE", ""),
          Map.entry("VLLM_PLUGINS", ""),
          Map.entry("VLLM_ALLOW_INSECURE_SERIALIZATION", "0"),
          Map.entry("VLLM_ALLOW_RUNTIME_LORA_UPDATING", "0"),
          // No other server, and none that outlives its engine.
          Map.entry("VLLM_SERVER_DEV_MODE", "0"),
          Map.entry("VLLM_USE_RUST_FRONTEND", "0"),
          Map.entry("VLLM_KEEP_ALIVE_ON_ENGINE_DEATH", "0"),
          Map.entry("VLLM_SKIP_MODEL_NAME_VALIDATION", "0"),
          Map.entry("VLLM_ENABLE_RESPONSES_API_STORE", "0"),
          Map.entry("VLLM_MAX_N_SEQUENCES", Integer.toString(EngineArguments.CHOICES)),
          Map.entry("VLLM_ALLOW_LONG_MAX_MODEL_LEN", "0"),
          // Nothing in logs.
          Map.entry("VLLM_LOGGING_LEVEL", "INFO"),
          Map.entry("VLLM_LOGGING_CONFIG_PATH", ""),
          Map.entry("VLLM_TRACE_FUNCTION", "0"),
          Map.entry("VLLM_DEBUG_LOG_API_SERVER_RESPONSE", "False"),
          Map.entry("CUDA_ENABLE_COREDUMP_ON_EXCEPTION", "0"),
          // No hub, no home to call.
          Map.entry("HF_HUB_OFFLINE", "1"),
          Map.entry("TRANSFORMERS_OFFLINE", "1"),
          Map.entry("HF_TOKEN", ""),
          Map.entry("VLLM_USE_MODELSCOPE", "0"),
          Map.entry("VLLM_MEDIA_URL_ALLOW_REDIRECTS", "0"),
          Map.entry("VLLM_NO_USAGE_STATS", "1"),
          Map.entry("VLLM_DO_NOT_TRACK", "1"),
          Map.entry("DO_NOT_TRACK", "1"),
          // Workers talk over loopback.
          Map.entry("VLLM_HOST_IP", "127.0.0.1"),
          Map.entry("NCCL_SOCKET_IFNAME", "lo"),
          Map.entry("GLOO_SOCKET_IFNAME", "lo"),
          // The root file system is read-only, and the uid may have no entry in /etc/passwd.
          Map.entry("HOME", Paths.TMP),
          Map.entry("USER", "vllm"),
          Map.entry("LOGNAME", "vllm"),
          Map.entry("TMPDIR", Paths.TMP),
          Map.entry("XDG_CACHE_HOME", Paths.TMP + "/cache"),
          Map.entry("XDG_CONFIG_HOME", Paths.TMP + "/config"),
          Map.entry("HF_HOME", Paths.TMP + "/cache/huggingface"),
          Map.entry("VLLM_CACHE_ROOT", Paths.TMP + "/cache/vllm"),
          Map.entry("VLLM_CONFIG_ROOT", Paths.TMP + "/config/vllm"),
          Map.entry("TRITON_CACHE_DIR", Paths.TMP + "/cache/triton"),
          Map.entry("TORCHINDUCTOR_CACHE_DIR", Paths.TMP + "/cache/inductor"));

  private EngineEnvironment() {}

  /** Variables in the order in which they are rendered. */
  static SortedMap<String, String> of(Workload w) {
    SortedMap<String, String> env = new TreeMap<>(w.engine().environment());
    env.putAll(FIXED);
    env.put("VLLM_ENGINE_READY_TIMEOUT_S", Integer.toString(w.startupTimeoutSeconds()));
    if (w.resources().gpus() == 0) {
      env.put(NO_GPU, "void");
    }
    return env;
  }

  /**
   * CUDA images say {@code all}: without a request for a GPU the container runtime would hand a
   * container every GPU of the node. In a container with GPUs the device plug-in sets it.
   */
  static final String NO_GPU = "NVIDIA_VISIBLE_DEVICES";
}
