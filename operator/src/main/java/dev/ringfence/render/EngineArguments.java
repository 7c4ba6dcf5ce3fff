package dev.ringfence.render;

import dev.ringfence.rules.Workload;
import dev.ringfence.rules.Workload.Argument;
import dev.ringfence.rules.Workload.Endpoint;
import dev.ringfence.rules.Workload.Engine;
import dev.ringfence.vllm.Release;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The engine's command line. */
final class EngineArguments {
  /** What is still in flight after draining is cut; seconds. */
  private static final int SHUTDOWN_SECONDS = 15;

  /** Choices per request: the guard lets no more through ({@code n}), and the engine neither. */
  static final int CHOICES = 4;

  private final List<String> argv = new ArrayList<>();

  private EngineArguments() {}

  /** {@code vllm serve FOLDER ...}, each option one element but for several served names. */
  static List<String> of(Workload w, Release release) {
    EngineArguments a = new EngineArguments();
    a.argv.addAll(List.of("vllm", "serve", Paths.SERVED_MODEL));
    a.servedNames(w.servedNames());
    a.engine(w.engine());
    a.safeguards(w, release);
    w.engine().extraArguments().stream().map(Argument::text).forEach(a.argv::add);
    return List.copyOf(a.argv);
  }

  /** Several names cannot be one element; none starts with a dash, so none is read as an option. */
  private void servedNames(List<String> names) {
    if (names.size() == 1) {
      value("--served-model-name", names.getFirst());
    } else {
      argv.add("--served-model-name");
      argv.addAll(names);
    }
  }

  private void engine(Engine e) {
    value(
        "--gpu-memory-utilization", e.gpuMemoryUtilization().stripTrailingZeros().toPlainString());
    value("--max-model-len", e.maxModelLen());
    value("--max-num-seqs", e.maxNumSeqs());
    value("--max-num-batched-tokens", e.maxNumBatchedTokens());
    value("--block-size", e.blockSize());
    value("--dtype", e.dtype());
    value("--tensor-parallel-size", e.tensorParallelSize());
    value("--quantization", e.quantization());
    if (e.toolCallParser().isPresent()) {
      argv.add("--enable-auto-tool-choice");
      value("--tool-call-parser", e.toolCallParser());
    }
    value("--reasoning-parser", e.reasoningParser());
  }

  private void safeguards(Workload w, Release release) {
    value("--uds", Paths.SOCKET);
    value("--load-format", "safetensors");
    value("--config-format", "hf");
    value("--model-impl", "vllm");
    argv.add("--no-trust-remote-code");
    argv.add("--no-enable-prefix-caching");
    argv.add("--no-enable-log-requests");
    value("--max-log-len", 0);
    argv.add("--disable-uvicorn-access-log");
    argv.add("--disable-fastapi-docs");
    argv.add("--enable-force-include-usage");
    value("--fingerprint-mode", "none");
    value("--generation-config", "vllm");
    // The policy's ceiling and not the workload's wish: that is a live limit of the guard, and
    // changing it must not reload the weights.
    value(
        "--override-generation-config",
        Json.canonical(Map.of("max_new_tokens", w.platform().ceilings().maxOutputTokens())));
    value("--shutdown-timeout", SHUTDOWN_SECONDS);
    if (w.api().endpoints().contains(Endpoint.EMBEDDINGS)) {
      value("--runner", "pooling");
    }
    if (w.model().architectures().stream().anyMatch(release.multimodalArchitectures()::contains)) {
      argv.add("--language-model-only");
    }
    // Of the tables, not of a version number: 0.28 does not know it.
    if (release.accepts("--max-num-queued-reqs")) {
      value("--max-num-queued-reqs", w.platform().ceilings().maxConcurrentRequests() * CHOICES);
    }
  }

  private void value(String name, Object value) {
    argv.add(name + "=" + value);
  }

  private void value(String name, Optional<?> value) {
    value.ifPresent(v -> value(name, v));
  }
}
