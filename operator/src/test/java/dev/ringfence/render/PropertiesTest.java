package dev.ringfence.render;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ringfence.rules.Check;
import dev.ringfence.rules.Surroundings;
import dev.ringfence.rules.Verdict;
import dev.ringfence.rules.Workload;
import dev.ringfence.vllm.Parsed;
import dev.ringfence.vllm.Release;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.PodSpec;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What holds for every workload that is accepted, over generated ones. */
class PropertiesTest {
  private static final int SEEDS = 250;
  private static final Surroundings SURROUNDINGS =
      Examples.surroundings(Specs.policy(), Specs.models());

  /** The kubelet rewrites commands, arguments and variables; ours it leaves as they are. */
  @Test
  void noTextIsCode() {
    int accepted = 0;
    int rejected = 0;
    Set<List<String>> commands = new HashSet<>();
    Set<String> scripts = new HashSet<>();
    for (long seed = 0; seed < SEEDS; seed++) {
      for (ObjectNode spec : List.of(Specs.workload(seed), Specs.nasty(seed))) {
        if (!(Check.workload(spec, SURROUNDINGS) instanceof Verdict.Accepted a)) {
          rejected++;
          continue;
        }
        accepted++;
        for (PodSpec pod : pods(Render.render(a.workload(), Examples.CLUSTER))) {
          for (Container c : containers(pod)) {
            Map<String, String> env = new TreeMap<>();
            for (EnvVar v : c.getEnv()) {
              assertThat(expand(v.getValue(), env)).isEqualTo(v.getValue()).doesNotContain("$(");
              env.put(v.getName(), v.getValue());
            }
            Stream.concat(c.getCommand().stream(), c.getArgs().stream())
                .forEach(
                    text -> assertThat(expand(text, env)).isEqualTo(text).doesNotContain("$("));
            if (c.getName().equals("engine")) {
              commands.add(c.getCommand());
              scripts.add(c.getLifecycle().getPreStop().getExec().getCommand().get(4));
              assertThat(c.getLifecycle().getPreStop().getExec().getCommand().get(1))
                  .matches("[0-9]+");
            } else {
              assertThat(c.getCommand()).isEmpty();
            }
          }
        }
      }
    }
    assertThat(commands).as("the start script is a constant").hasSize(1);
    assertThat(scripts).as("so is the other one").hasSize(1);
    assertThat(accepted).isGreaterThan(SEEDS);
    assertThat(rejected).isGreaterThan(SEEDS / 3);
  }

  static List<String> versions() {
    return Specs.VERSIONS;
  }

  /** The command line, read as its own version reads it, is the specification and nothing else. */
  @ParameterizedTest
  @MethodSource("versions")
  void reparsesToExactlyTheTypedValues(String version) {
    int seen = 0;
    for (long seed = 0; seed < SEEDS; seed++) {
      ObjectNode spec = Specs.workload(seed);
      ObjectNode engine = (ObjectNode) spec.at("/spec/engine");
      Specs.VERSIONS.forEach(
          v -> {
            if (v.equals(version)) {
              engine.put("image", "docker.io/vllm/vllm-openai@sha256:" + ModelFolder.sha256(v));
            }
          });
      Workload w = ((Verdict.Accepted) Check.workload(spec, SURROUNDINGS)).workload();
      Release release = Examples.KNOWLEDGE.release(w.engine().version()).orElseThrow();
      assertThat(release.version()).hasToString(version);
      List<String> argv =
          Render.render(w, Examples.CLUSTER)
              .tenants()
              .getFirst()
              .deployment()
              .getSpec()
              .getTemplate()
              .getSpec()
              .getContainers()
              .getFirst()
              .getArgs();
      assertThat(argv.subList(0, 2)).containsExactly("vllm", "serve");
      List<Parsed> parsed = release.parse(argv.subList(2, argv.size()));
      assertThat(parsed.getFirst()).isEqualTo(new Parsed.Positional("/run/served/model"));
      Map<String, String> read = new TreeMap<>();
      for (Parsed p : parsed.subList(1, parsed.size())) {
        assertThat(p).isInstanceOf(Parsed.Option.class);
        Parsed.Option o = (Parsed.Option) p;
        assertThat(release.accepts(o.spelled())).as(o.spelled()).isTrue();
        assertThat(
                read.put(
                    o.argument().name(),
                    o.values().isEmpty() ? Boolean.toString(o.on()) : o.values().toString()))
            .as("given once: %s", o.spelled())
            .isNull();
      }
      assertThat(read)
          .isEqualTo(expected(spec.get("spec"), spec.at("/metadata/name").asText(), release));
      seen++;
    }
    assertThat(seen).isEqualTo(SEEDS);
  }

  /**
   * What the specification asks for, read from it with the contract's defaults, and what is fixed.
   */
  private static Map<String, String> expected(JsonNode spec, String name, Release release) {
    Map<String, String> e = new TreeMap<>();
    List<String> names = new ArrayList<>();
    spec.at("/model/servedNames").forEach(n -> names.add(n.asText()));
    e.put("--served-model-name", (names.isEmpty() ? List.of(name) : names).toString());
    JsonNode engine = spec.get("engine");
    e.put(
        "--gpu-memory-utilization",
        "[" + plain(engine.path("gpuMemoryUtilization").asText("0.85")) + "]");
    e.put("--max-model-len", "[" + engine.path("maxModelLen").asText("4096") + "]");
    e.put("--max-num-seqs", "[" + engine.path("maxNumSeqs").asText("64") + "]");
    e.put(
        "--max-num-batched-tokens", "[" + engine.path("maxNumBatchedTokens").asText("4096") + "]");
    e.put("--dtype", "[" + engine.path("dtype").asText("auto") + "]");
    e.put("--tensor-parallel-size", "[" + Math.max(1, spec.at("/resources/gpus").asInt(1)) + "]");
    if (engine.has("blockSize")) {
      e.put("--block-size", "[" + engine.get("blockSize").asText() + "]");
    }
    if (engine.has("toolCallParser")) {
      e.put("--tool-call-parser", "[" + engine.get("toolCallParser").asText() + "]");
      e.put("--enable-auto-tool-choice", "true");
    }
    if (engine.has("reasoningParser")) {
      e.put("--reasoning-parser", "[" + engine.get("reasoningParser").asText() + "]");
    }
    JsonNode extra = engine.path("extraArgs");
    for (int i = 0; i < extra.size(); i++) {
      String a = extra.get(i).asText();
      if (a.contains("=")) {
        e.put(a.substring(0, a.indexOf('=')), "[" + a.substring(a.indexOf('=') + 1) + "]");
      } else {
        e.put(a, "[" + extra.get(++i).asText() + "]");
      }
    }
    switch (spec.at("/model/ref").asText()) {
      case "quantized" -> e.put("--quantization", "[awq]");
      case "vision" -> e.put("--language-model-only", "true");
      case "vectors" -> e.put("--runner", "[pooling]");
      default -> {}
    }
    e.put("--uds", "[/run/engine/engine.sock]");
    e.put("--load-format", "[safetensors]");
    e.put("--config-format", "[hf]");
    e.put("--model-impl", "[vllm]");
    e.put("--trust-remote-code", "false");
    e.put("--enable-prefix-caching", "false");
    e.put("--enable-log-requests", "false");
    e.put("--max-log-len", "[0]");
    e.put("--disable-uvicorn-access-log", "true");
    e.put("--disable-fastapi-docs", "true");
    e.put("--enable-force-include-usage", "true");
    e.put("--fingerprint-mode", "[none]");
    e.put("--generation-config", "[vllm]");
    e.put("--override-generation-config", "[{\"max_new_tokens\":4096}]");
    e.put("--shutdown-timeout", "[15]");
    if (!release.version().toString().equals("0.28.0")) {
      e.put("--max-num-queued-reqs", "[1024]");
    }
    return e;
  }

  private static String plain(String number) {
    return new java.math.BigDecimal(number).stripTrailingZeros().toPlainString();
  }

  private static List<PodSpec> pods(Rendered r) {
    return Stream.concat(
            r.fetch().stream().map(f -> f.job().getSpec().getTemplate().getSpec()),
            r.tenants().stream().map(t -> t.deployment().getSpec().getTemplate().getSpec()))
        .toList();
  }

  private static List<Container> containers(PodSpec pod) {
    return Stream.concat(pod.getInitContainers().stream(), pod.getContainers().stream()).toList();
  }

  /**
   * What the kubelet makes of a text (kubernetes, third_party/forked/golang/expansion): {@code
   * $(NAME)} becomes a variable's value where it is known, and two dollar signs become one.
   */
  static String expand(String text, Map<String, String> env) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c != '$' || i + 1 == text.length()) {
        out.append(c);
      } else if (text.charAt(i + 1) == '$') {
        out.append('$');
        i++;
      } else if (text.charAt(i + 1) == '(' && text.indexOf(')', i) > 0) {
        int end = text.indexOf(')', i);
        String name = text.substring(i + 2, end);
        out.append(env.getOrDefault(name, text.substring(i, end + 1)));
        i = end;
      } else {
        out.append(c);
      }
    }
    return out.toString();
  }

  @Test
  void expandsAsTheKubeletDoes() {
    Map<String, String> env = Map.of("A", "1");
    assertThat(expand("$(A) $$(A) $$ $A ${A} $(B) $( $", env))
        .isEqualTo("1 $(A) $ $A ${A} $(B) $( $");
  }
}
