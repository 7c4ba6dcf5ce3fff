package dev.ringfence.inspect;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ringfence.inspect.Evidence.Row;
import dev.ringfence.inspect.Subject.Kind;
import dev.ringfence.rules.Rule;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** What the engines' own command lines and resources show. */
record EngineLooks(TenantView view, List<Row> rows) {
  private static final String ARGUMENTS = "the engine's arguments";

  void all() {
    flag(Rule.VLLM_101, "--no-enable-prefix-caching");
    flag(Rule.VLLM_103, "--no-enable-log-requests");
    flag(Rule.VLLM_402, "--no-trust-remote-code");
    flag(Rule.VLLM_403, "--load-format=safetensors");
    value(Rule.VLLM_201, "--gpu-memory-utilization");
    value(Rule.VLLM_203, "--max-num-batched-tokens");
    value(Rule.VLLM_204, "--max-num-seqs");
    value(Rule.VLLM_206, "--max-model-len");
    value(Rule.VLLM_506, "--override-generation-config");
    List<String> offload =
        view.beginning("--kv-", "--cpu-offload", "--swap", "--enable-lora", "--ec-transfer");
    add(
        Rule.VLLM_104,
        offload.isEmpty(),
        ARGUMENTS,
        offload.isEmpty() ? "no transfer, no offload" : String.join(" ", offload));
    int engines = view.subject().children(Kind.Deployment, view.tenant()).size();
    add(
        Rule.VLLM_102,
        engines == 1,
        "Deployments of the tenant",
        view.subject().children(Kind.Deployment, view.tenant()).stream()
            .map(Subject::nameOf)
            .collect(Collectors.joining(", ")));
    Optional<String> socket = view.value("--uds");
    boolean noPort = view.engines().stream().allMatch(e -> e.path("ports").isEmpty());
    add(
        Rule.VLLM_301,
        socket.isPresent() && noPort,
        ARGUMENTS,
        socket.map(s -> "listens on " + s).orElse("NO UNIX SOCKET")
            + (noPort ? " and declares no port" : " AND DECLARES A PORT"));
    String gpus =
        view.engines().stream().map(EngineLooks::gpus).distinct().collect(Collectors.joining(", "));
    add(Rule.VLLM_210, !gpus.contains(".shared"), "the engine's resources", gpus);
    add(
        Rule.VLLM_212,
        view.everyPod(EngineLooks::bound),
        "node affinity",
        "only nodes that somebody vouches for");
  }

  private void add(Rule rule, boolean kept, String where, String what) {
    rows.add(Evidence.row(view, rule, kept, where, what));
  }

  private void flag(Rule rule, String argument) {
    boolean there = view.argument(argument);
    add(rule, there, ARGUMENTS, there ? argument : argument + " IS NOT THERE");
  }

  private void value(Rule rule, String name) {
    Optional<String> value = view.value(name);
    add(
        rule,
        value.isPresent(),
        ARGUMENTS,
        value.map(v -> name + "=" + v).orElse(name + " IS NOT THERE"));
  }

  private static String gpus(JsonNode engine) {
    StringBuilder text = new StringBuilder();
    engine
        .path("resources")
        .path("limits")
        .properties()
        .forEach(
            e -> {
              if (e.getKey().contains("/")) {
                text.append(text.isEmpty() ? "" : ", ")
                    .append(e.getKey())
                    .append("=")
                    .append(e.getValue().asText());
              }
            });
    return text.isEmpty() ? "no GPU" : text.toString();
  }

  /** The affinity is required, and asks for a label's one value. */
  private static boolean bound(JsonNode pod) {
    JsonNode terms =
        pod.path("affinity")
            .path("nodeAffinity")
            .path("requiredDuringSchedulingIgnoredDuringExecution")
            .path("nodeSelectorTerms");
    return !terms.isEmpty()
        && Subject.items(terms)
            .allMatch(
                t ->
                    Subject.items(t.path("matchExpressions"))
                        .anyMatch(
                            m ->
                                m.path("operator").asText().equals("In")
                                    && m.path("values").size() == 1));
  }
}
