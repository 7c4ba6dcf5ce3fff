package dev.ringfence.render;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ringfence.render.Examples.Example;
import io.fabric8.kubernetes.api.model.Quantity;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What must hold for everything that is rendered, rule by rule, read from the objects as JSON: a
 * second opinion that knows nothing of how they are made.
 */
class InvariantsTest {
  private static final String DIGEST = ".+@sha256:[0-9a-f]{64}";

  /** One rule's statement. */
  record Invariant(String rule, String statement, BiConsumer<Example, Objects> holds) {
    @Override
    public String toString() {
      return rule + " " + statement;
    }
  }

  private static Invariant pod(String rule, String statement, BiConsumer<Example, JsonNode> holds) {
    return new Invariant(rule, statement, (e, o) -> o.pods().forEach(p -> holds.accept(e, p)));
  }

  private static Invariant engine(
      String rule, String statement, BiConsumer<Example, JsonNode> holds) {
    return new Invariant(rule, statement, (e, o) -> o.engines().forEach(c -> holds.accept(e, c)));
  }

  private static Invariant container(
      String rule, String statement, BiConsumer<Example, JsonNode> holds) {
    return new Invariant(
        rule,
        statement,
        (e, o) -> o.pods().forEach(p -> containers(p).forEach(c -> holds.accept(e, c))));
  }

  private static final List<Invariant> INVARIANTS =
      List.of(
          engine(
              "101",
              "prefix caching is switched off, once",
              (e, c) -> {
                assertThat(argv(c)).containsOnlyOnce("--no-enable-prefix-caching");
                assertThat(argv(c).stream().filter(a -> a.contains("prefix"))).hasSize(1);
              }),
          new Invariant(
              "102",
              "one engine a pod, and no selector reaches another tenant's pods",
              (e, o) -> {
                Set<String> names = new HashSet<>();
                for (JsonNode d : o.of("Deployment")) {
                  assertThat(d.at("/spec/template/spec/containers")).hasSize(1);
                  assertThat(names.add(text(d, "/metadata/name"))).isTrue();
                  for (JsonNode other : o.of("Deployment")) {
                    boolean same = name(d).equals(name(other));
                    assertThat(selects(d.at("/spec/selector/matchLabels"), podLabels(other)))
                        .isEqualTo(same);
                    assertThat(
                            o.of("Service").stream()
                                .filter(s -> name(s).equals(name(d)))
                                .allMatch(
                                    s -> selects(s.at("/spec/selector"), podLabels(other)) == same))
                        .isTrue();
                  }
                  for (JsonNode job : o.of("Job")) {
                    assertThat(selects(d.at("/spec/selector/matchLabels"), podLabels(job)))
                        .isFalse();
                  }
                }
                assertThat(o.of("Deployment")).hasSameSizeAs(e.workload().at("/spec/tenants"));
              }),
          engine(
              "103",
              "nothing is logged",
              (e, c) -> {
                assertThat(argv(c))
                    .contains(
                        "--no-enable-log-requests",
                        "--max-log-len=0",
                        "--disable-uvicorn-access-log")
                    .noneMatch(a -> a.startsWith("--enable-log"))
                    .noneMatch(a -> a.startsWith("--log-"))
                    .noneMatch(a -> a.startsWith("--otlp"));
                assertThat(env(c))
                    .containsEntry("VLLM_LOGGING_LEVEL", "INFO")
                    .containsEntry("VLLM_LOGGING_CONFIG_PATH", "")
                    .containsEntry("VLLM_TRACE_FUNCTION", "0")
                    .containsEntry("VLLM_DEBUG_LOG_API_SERVER_RESPONSE", "False");
              }),
          engine(
              "104",
              "no KV cache leaves the engine",
              (e, c) -> {
                assertThat(argv(c))
                    .noneMatch(a -> a.startsWith("--kv-"))
                    .noneMatch(a -> a.startsWith("--ec-"))
                    .noneMatch(a -> a.contains("offload"));
                assertThat(env(c).keySet()).noneMatch(n -> n.startsWith("LMCACHE"));
              }),
          new Invariant(
              "105",
              "no ServiceAccount, Secret or writable volume serves two tenants",
              (e, o) -> {
                Set<String> seen = new HashSet<>();
                for (JsonNode p : o.serving()) {
                  assertThat(seen.add("account " + text(p, "/serviceAccountName"))).isTrue();
                  for (JsonNode v : p.get("volumes")) {
                    if (v.has("secret")) {
                      assertThat(seen.add("secret " + text(v, "/secret/secretName"))).isTrue();
                    }
                  }
                  for (JsonNode c : containers(p)) {
                    for (JsonNode m : c.get("volumeMounts")) {
                      JsonNode volume = volume(p, text(m, "/name"));
                      assertThat(m.path("readOnly").asBoolean() || volume.has("emptyDir"))
                          .as("%s is private or read-only", m)
                          .isTrue();
                    }
                  }
                }
              }),
          pod(
              "106",
              "no shared GPU",
              (e, p) ->
                  assertThat(nodeTerms(p))
                      .contains("nvidia.com/gpu.sharing-strategy NotIn [time-slicing, mps]")),
          engine(
              "201",
              "one bounded memory fraction, and nothing that overrides it",
              (e, c) -> {
                assertThat(new BigDecimal(value(c, "--gpu-memory-utilization")))
                    .isPositive()
                    .isLessThanOrEqualTo(new BigDecimal("0.95"));
                assertThat(argv(c))
                    .noneMatch(a -> a.contains("kv-cache-memory"))
                    .noneMatch(a -> a.contains("num-gpu-blocks"));
              }),
          container(
              "202",
              "no swap, no offload",
              (e, c) -> {
                assertThat(c.toString()).doesNotContainIgnoringCase("swap");
                assertThat(argv(c)).noneMatch(a -> a.contains("offload"));
                assertThat(text(c, "/resources/requests/memory"))
                    .isEqualTo(text(c, "/resources/limits/memory"));
              }),
          pod(
              "202",
              "no disk: every folder that can be written is tmpfs with a size",
              (e, p) -> {
                for (JsonNode v : p.get("volumes")) {
                  if (v.has("emptyDir")) {
                    assertThat(text(v, "/emptyDir/medium")).isEqualTo("Memory");
                    assertThat(bytes(text(v, "/emptyDir/sizeLimit"))).isPositive();
                  }
                }
              }),
          bounded("203", "--max-num-batched-tokens", 1_048_576),
          bounded("204", "--max-num-seqs", 4096),
          bounded("206", "--max-model-len", 1_048_576),
          engine(
              "205",
              "a block size only where the workload names one",
              (e, c) ->
                  assertThat(argv(c).stream().filter(a -> a.startsWith("--block-size=")).toList())
                      .isEqualTo(
                          e.workload().at("/spec/engine/blockSize").isMissingNode()
                              ? List.of()
                              : List.of(
                                  "--block-size="
                                      + e.workload().at("/spec/engine/blockSize").asInt()))),
          engine(
              "207",
              "the image is one that the policy lists with its version",
              (e, c) ->
                  assertThat(texts(e.policy().at("/spec/engine/images"), "/image"))
                      .contains(text(c, "/image"))),
          engine(
              "208",
              "every argument is one that its version's parser takes, spelled out in full",
              (e, c) -> {
                var release =
                    Examples.KNOWLEDGE.release(e.accepted().engine().version()).orElseThrow();
                for (String a : argv(c)) {
                  if (a.startsWith("-")) {
                    assertThat(release.accepts(a.split("=", 2)[0])).as(a).isTrue();
                  }
                }
              }),
          container(
              "209",
              "variables have literal values, each once, and no name that nobody vouched for",
              (e, c) -> {
                Set<String> names = new HashSet<>();
                for (JsonNode v : c.get("env")) {
                  assertThat(v.has("valueFrom")).isFalse();
                  assertThat(names.add(text(v, "/name"))).isTrue();
                }
                assertThat(c.has("envFrom")).isFalse();
                if (name(c).equals("engine")) {
                  assertThat(env(c))
                      .containsEntry("LD_PRELOAD", "")
                      .containsEntry("LD_AUDIT", "")
                      .containsEntry("PYTHONPATH", "")
                      .containsEntry("PYTHONSTARTUP", "")
                      .containsEntry("PYTHONOPTIMIZE", "")
                      .containsEntry("VLLM_PLUGINS", "")
                      .containsEntry("VLLM_SERVER_DEV_MODE", "0")
                      .containsEntry("VLLM_ALLOW_RUNTIME_LORA_UPDATING", "0")
                      .containsEntry("VLLM_ALLOW_INSECURE_SERIALIZATION", "0");
                } else {
                  assertThat(env(c)).isEqualTo(Map.of("NVIDIA_VISIBLE_DEVICES", "void"));
                }
              }),
          new Invariant(
              "210",
              "whole GPUs for the engine alone, as many as it uses; void elsewhere",
              (e, o) -> {
                for (JsonNode p : o.pods()) {
                  for (JsonNode c : containers(p)) {
                    Map<String, String> devices = new HashMap<>();
                    c.at("/resources/limits")
                        .properties()
                        .forEach(r -> devices.put(r.getKey(), r.getValue().asText()));
                    devices.keySet().removeAll(Set.of("cpu", "memory"));
                    if (devices.isEmpty()) {
                      assertThat(env(c)).containsEntry("NVIDIA_VISIBLE_DEVICES", "void");
                      assertThat(name(c).equals("engine"))
                          .isEqualTo(
                              name(c).equals("engine")
                                  && e.workload().at("/spec/resources/gpus").asInt(1) == 0);
                    } else {
                      assertThat(name(c)).isEqualTo("engine");
                      assertThat(devices).hasSize(1);
                      String kind = devices.keySet().iterator().next();
                      List<String> listed =
                          texts(e.policy().at("/spec/scheduling/gpuResources"), "");
                      assertThat(
                              listed.isEmpty() ? List.of("nvidia.com/gpu", "amd.com/gpu") : listed)
                          .contains(kind);
                      assertThat(text(c, "/resources/requests/" + kind.replace("/", "~1")))
                          .isEqualTo(devices.get(kind));
                      assertThat(value(c, "--tensor-parallel-size")).isEqualTo(devices.get(kind));
                      assertThat(env(c)).doesNotContainKey("NVIDIA_VISIBLE_DEVICES");
                    }
                  }
                }
              }),
          pod(
              "211",
              "each container's memory holds every tmpfs that it writes",
              (e, p) -> {
                for (JsonNode c : containers(p)) {
                  long tmpfs = 0;
                  for (JsonNode m : c.get("volumeMounts")) {
                    JsonNode v = volume(p, text(m, "/name"));
                    if (v.has("emptyDir") && !m.path("readOnly").asBoolean()) {
                      tmpfs += bytes(text(v, "/emptyDir/sizeLimit"));
                    }
                  }
                  assertThat(tmpfs).isLessThan(bytes(text(c, "/resources/limits/memory")));
                }
              }),
          pod(
              "212",
              "only on nodes vouched for, unless waived",
              (e, p) -> {
                boolean waived =
                    texts(e.policy().at("/spec/waivers"), "/rule").contains("VLLM-212");
                String label =
                    e.policy()
                        .at("/spec/nodes/noSwapLabel")
                        .asText("ringfence.dev.node-restriction.kubernetes.io/no-swap=true");
                String term = label.replace("=", " In [") + "]";
                assertThat(nodeTerms(p).contains(term)).isEqualTo(!waived);
              }),
          new Invariant(
              "301",
              "the engine listens on a socket that its own pod alone sees",
              (e, o) -> {
                for (JsonNode c : o.engines()) {
                  assertThat(c.has("ports")).isFalse();
                  String socket = value(c, "--uds");
                  assertThat(argv(c)).noneMatch(a -> a.matches("--(host|port)(=.*)?"));
                  assertThat(env(c))
                      .containsEntry("VLLM_HOST_IP", "127.0.0.1")
                      .containsEntry("NCCL_SOCKET_IFNAME", "lo")
                      .containsEntry("GLOO_SOCKET_IFNAME", "lo");
                  assertThat(c.at("/command/4").asText()).isEqualTo(socket);
                }
              }),
          new Invariant(
              "401",
              "exactly the trusted model's bytes are mounted",
              (e, o) -> {
                JsonNode source = e.models().getFirst().at("/spec/source");
                for (JsonNode p : o.serving()) {
                  JsonNode v = volume(p, "model");
                  if (source.has("image")) {
                    assertThat(text(v, "/image/reference"))
                        .isEqualTo(text(source, "/image/reference"));
                  } else if (source.has("volumeClaim")) {
                    assertThat(text(v, "/persistentVolumeClaim/claimName"))
                        .isEqualTo(text(source, "/volumeClaim/claimName"));
                  } else {
                    assertThat(text(v, "/persistentVolumeClaim/claimName"))
                        .isEqualTo(name(o.of("PersistentVolumeClaim").getFirst()));
                  }
                }
              }),
          engine(
              "402",
              "no remote code",
              (e, c) ->
                  assertThat(argv(c))
                      .contains("--no-trust-remote-code", "--config-format=hf", "--model-impl=vllm")
                      .noneMatch(a -> a.startsWith("--trust-"))
                      .noneMatch(a -> a.startsWith("--hf-"))
                      .noneMatch(a -> a.contains("plugin"))),
          engine(
              "403",
              "safetensors only",
              (e, c) -> assertThat(value(c, "--load-format")).isEqualTo("safetensors")),
          new Invariant(
              "404",
              "every source is pinned",
              (e, o) -> {
                for (JsonNode p : o.pods()) {
                  containers(p).forEach(c -> assertThat(text(c, "/image")).matches(DIGEST));
                  for (JsonNode v : p.get("volumes")) {
                    if (v.has("image")) {
                      assertThat(text(v, "/image/reference")).matches(DIGEST);
                    }
                  }
                }
                for (JsonNode c : o.of("ConfigMap")) {
                  if (c.at("/data/model.json").asText().contains("huggingFace")) {
                    assertThat(c.at("/data/model.json").asText())
                        .containsPattern("\"revision\": \"[0-9a-f]{40}\"");
                  }
                }
              }),
          new Invariant(
              "405",
              "the engine serves the folder that its guard has verified, and waits for its word",
              (e, o) -> {
                for (JsonNode p : o.serving()) {
                  JsonNode engine = containers(p).getLast();
                  List<String> guard = argv(containers(p).getFirst());
                  String served = guard.get(guard.indexOf("--served") + 1);
                  assertThat(argv(engine).get(2)).isEqualTo(served);
                  assertThat(guard).contains("--model", "--contract", "--run");
                  assertThat(engine.at("/command/2").asText()).contains("$run/go", "$run/refused");
                  assertThat(engine.at("/command/3").asText())
                      .isEqualTo(guard.get(guard.indexOf("--run") + 1));
                  for (JsonNode m : engine.get("volumeMounts")) {
                    if (served.startsWith(text(m, "/mountPath"))
                        || text(m, "/mountPath").equals("/model")) {
                      assertThat(m.path("readOnly").asBoolean()).isTrue();
                    }
                  }
                  assertThat(containers(p).get(1).at("/args/0").asText()).isEqualTo("verify");
                }
                for (JsonNode job : o.of("Job")) {
                  List<String> fetch = argv(containers(spec(job)).getFirst());
                  String into = fetch.get(fetch.indexOf("--into") + 1);
                  for (JsonNode p : o.serving()) {
                    for (JsonNode c : containers(p)) {
                      for (JsonNode m : c.get("volumeMounts")) {
                        if (text(m, "/name").equals("model")) {
                          assertThat(into).isEqualTo("/models/" + text(m, "/subPath"));
                        }
                      }
                    }
                  }
                }
              }),
          new Invariant(
              "406",
              "the hub token is a file of the fetch Job alone",
              (e, o) -> {
                JsonNode token = e.workload().at("/spec/model/tokenSecretRef");
                for (JsonNode p : o.serving()) {
                  for (JsonNode v : p.get("volumes")) {
                    assertThat(v.at("/secret/secretName").asText())
                        .isNotEqualTo(token.path("name").asText("?"));
                  }
                }
                for (JsonNode job : o.of("Job")) {
                  List<String> secrets = new ArrayList<>();
                  for (JsonNode v : spec(job).get("volumes")) {
                    if (v.has("secret")) {
                      assertThat(v.at("/secret/items")).hasSize(1);
                      secrets.add(
                          text(v, "/secret/secretName") + " " + text(v, "/secret/items/0/key"));
                    }
                  }
                  assertThat(secrets)
                      .isEqualTo(
                          token.isMissingNode()
                              ? List.of()
                              : List.of(
                                  token.get("name").asText()
                                      + " "
                                      + token.path("key").asText("token")));
                }
              }),
          engine(
              "407",
              "no second model",
              (e, c) ->
                  assertThat(argv(c))
                      .noneMatch(
                          a ->
                              a.matches(
                                  "--(tokenizer|spec|lora|enable-lora|chat-template|draft|model-weights).*"))),
          new Invariant(
              "409",
              "serving pods have no way out, and the engine is told that it is offline",
              (e, o) -> {
                for (JsonNode c : o.engines()) {
                  assertThat(env(c))
                      .containsEntry("HF_HUB_OFFLINE", "1")
                      .containsEntry("TRANSFORMERS_OFFLINE", "1")
                      .containsEntry("HF_TOKEN", "")
                      .containsEntry("VLLM_USE_MODELSCOPE", "0");
                }
                for (JsonNode d : o.of("Deployment")) {
                  List<JsonNode> policies =
                      o.of("NetworkPolicy").stream()
                          .filter(n -> selects(n.at("/spec/podSelector/matchLabels"), podLabels(d)))
                          .toList();
                  assertThat(policies).hasSize(1);
                  assertThat(policies.getFirst().at("/spec/policyTypes").toString())
                      .isEqualTo("[\"Ingress\",\"Egress\"]");
                  assertThat(policies.getFirst().at("/spec/egress").size()).isZero();
                }
              }),
          new Invariant(
              "509",
              "every way in names who comes and where to; every way out of a Job is bounded",
              (e, o) -> {
                for (JsonNode n : o.of("NetworkPolicy")) {
                  for (JsonNode rule : n.at("/spec/ingress")) {
                    assertThat(rule.path("from").size()).isPositive();
                    assertThat(rule.path("ports").size()).isPositive();
                    for (JsonNode peer : rule.get("from")) {
                      assertThat(peer.size()).as("an empty peer is everybody").isPositive();
                      assertThat(peer.has("ipBlock")).isFalse();
                      assertThat(peer.path("namespaceSelector").toString()).isNotEqualTo("{}");
                    }
                  }
                  for (JsonNode rule : n.at("/spec/egress")) {
                    assertThat(rule.path("ports").size()).isPositive();
                    if (!rule.at("/ports/0/port").asText().equals("53")) {
                      assertThat(rule.path("to").size()).isPositive();
                    }
                    for (JsonNode peer : rule.path("to")) {
                      String cidr = text(peer, "/ipBlock/cidr");
                      List<String> except = texts(peer.at("/ipBlock/except"), "");
                      if (cidr.equals("0.0.0.0/0")) {
                        assertThat(except)
                            .contains(
                                "10.0.0.0/8",
                                "172.16.0.0/12",
                                "192.168.0.0/16",
                                "169.254.0.0/16",
                                "127.0.0.0/8",
                                "100.64.0.0/10");
                      } else if (cidr.equals("::/0")) {
                        assertThat(except).contains("fc00::/7", "fe80::/10", "::1/128");
                      } else {
                        assertThat(texts(e.policy().at("/spec/fetch/egressCidrs"), ""))
                            .contains(cidr);
                      }
                    }
                  }
                }
                for (JsonNode job : o.of("Job")) {
                  assertThat(
                          o.of("NetworkPolicy").stream()
                              .filter(
                                  n ->
                                      selects(
                                          n.at("/spec/podSelector/matchLabels"), podLabels(job)))
                              .filter(n -> n.at("/spec/ingress").size() == 0))
                      .hasSize(1);
                }
              }),
          engine(
              "701",
              "the engine's image is the policy's, by digest",
              (e, c) -> {
                assertThat(text(c, "/image")).matches(DIGEST);
                assertThat(texts(e.policy().at("/spec/engine/images"), "/image"))
                    .contains(text(c, "/image"));
              }),
          pod(
              "702",
              "a restricted pod",
              (e, p) -> {
                assertThat(p.at("/securityContext/runAsNonRoot").asBoolean()).isTrue();
                assertThat(p.at("/securityContext/runAsUser").asLong()).isPositive();
                assertThat(text(p, "/securityContext/seccompProfile/type"))
                    .isEqualTo("RuntimeDefault");
                for (JsonNode c : containers(p)) {
                  JsonNode s = c.get("securityContext");
                  assertThat(s.toString())
                      .isEqualTo(
                          "{\"allowPrivilegeEscalation\":false,\"capabilities\":{\"drop\":[\"ALL\"]},"
                              + "\"readOnlyRootFilesystem\":true}");
                }
              }),
          pod(
              "703",
              "no host namespace, no host path, no host port",
              (e, p) -> {
                for (String field :
                    List.of(
                        "hostNetwork",
                        "hostPID",
                        "hostIPC",
                        "hostUsers",
                        "shareProcessNamespace",
                        "nodeName")) {
                  assertThat(p.has(field)).as(field).isFalse();
                }
                assertThat(p.toString()).doesNotContain("hostPath", "hostPort");
                for (JsonNode v : p.get("volumes")) {
                  Set<String> kinds = new HashSet<>();
                  v.fieldNames().forEachRemaining(kinds::add);
                  kinds.remove("name");
                  assertThat(
                          Set.of(
                              "configMap", "secret", "emptyDir", "image", "persistentVolumeClaim"))
                      .containsAll(kinds);
                }
              }),
          new Invariant(
              "704",
              "no service account token",
              (e, o) -> {
                o.pods()
                    .forEach(
                        p ->
                            assertThat(p.path("automountServiceAccountToken").asBoolean(true))
                                .isFalse());
                o.of("ServiceAccount")
                    .forEach(
                        a ->
                            assertThat(a.path("automountServiceAccountToken").asBoolean(true))
                                .isFalse());
                for (JsonNode d : o.of("Deployment")) {
                  assertThat(text(spec(d), "/serviceAccountName")).isEqualTo(name(d));
                }
              }),
          pod(
              "705",
              "no service links",
              (e, p) -> assertThat(p.path("enableServiceLinks").asBoolean(true)).isFalse()),
          pod(
              "706",
              "a runtime class only where the policy lists it",
              (e, p) -> {
                if (p.has("runtimeClassName")) {
                  assertThat(texts(e.policy().at("/spec/scheduling/runtimeClassNames"), ""))
                      .contains(text(p, "/runtimeClassName"));
                }
              }),
          container(
              "708",
              "requests equal limits, CPU too unless the policy says otherwise",
              (e, c) -> {
                Map<String, String> requests = map(c.at("/resources/requests"));
                Map<String, String> limits = map(c.at("/resources/limits"));
                assertThat(requests).containsKeys("cpu", "memory");
                if (e.policy().at("/spec/pod/cpuLimits").asText().equals("None")) {
                  assertThat(limits).doesNotContainKey("cpu");
                  requests.remove("cpu");
                }
                assertThat(requests).isEqualTo(limits);
              }),
          new Invariant(
              "710",
              "no container but ours, and injectors are told to stay out",
              (e, o) -> {
                for (JsonNode p : o.serving()) {
                  assertThat(containers(p).stream().map(InvariantsTest::name))
                      .containsExactly("guard", "verify", "engine");
                  assertThat(text(containers(p).getFirst(), "/restartPolicy")).isEqualTo("Always");
                }
                for (JsonNode made : o.podMakers()) {
                  JsonNode meta = made.at("/spec/template/metadata");
                  assertThat(map(meta.get("labels")))
                      .containsEntry("sidecar.istio.io/inject", "false");
                  assertThat(map(meta.get("annotations")))
                      .containsEntry("linkerd.io/inject", "disabled")
                      .containsEntry("vault.hashicorp.com/agent-inject", "false");
                }
              }),
          pod(
              "711",
              "tolerations and priority class are listed",
              (e, p) -> {
                for (JsonNode t : p.path("tolerations")) {
                  assertThat(texts(e.policy().at("/spec/scheduling/tolerationKeys"), ""))
                      .contains(text(t, "/key"));
                }
                if (p.has("priorityClassName")) {
                  assertThat(texts(e.policy().at("/spec/scheduling/priorityClassNames"), ""))
                      .contains(text(p, "/priorityClassName"))
                      .noneMatch(n -> n.startsWith("system-"));
                }
              }),
          engine(
              "506",
              "the engine bounds an answer too",
              (e, c) -> {
                String config = value(c, "--override-generation-config");
                assertThat(config).matches("\\{\"max_new_tokens\":[0-9]{1,4}}");
                assertThat(Integer.parseInt(config.replaceAll("[^0-9]", ""))).isBetween(1, 4096);
              }));

  private static Invariant bounded(String rule, String argument, int most) {
    return engine(
        rule,
        argument + " is a plain number within bounds",
        (e, c) -> assertThat(Integer.parseInt(value(c, argument))).isBetween(1, most));
  }

  static Stream<Arguments> cases() {
    return INVARIANTS.stream().flatMap(i -> Examples.all().stream().map(e -> Arguments.of(i, e)));
  }

  @ParameterizedTest(name = "{0}: {1}")
  @MethodSource("cases")
  void holds(Invariant invariant, Example example) {
    for (RenderContext context : List.of(Examples.OFFLINE, Examples.CLUSTER)) {
      invariant.holds().accept(example, Objects.of(example, context));
    }
  }

  /** Each statement is broken by changing or leaving out some value of what is rendered. */
  @ParameterizedTest
  @MethodSource("invariants")
  void canFail(Invariant invariant) {
    for (Example example : Examples.all()) {
      List<JsonNode> objects = new ArrayList<>(Objects.of(example, Examples.CLUSTER).all());
      for (int i = 0; i < objects.size(); i++) {
        JsonNode whole = objects.get(i);
        List<String> pointers = new ArrayList<>();
        pointers(whole, "", pointers);
        for (String pointer : pointers) {
          for (JsonNode broken : broken(whole, pointer)) {
            objects.set(i, broken);
            if (breaks(invariant, example, new Objects(objects))) {
              return;
            }
          }
        }
        objects.set(i, whole);
      }
    }
    throw new AssertionError("nothing breaks " + invariant);
  }

  private static boolean breaks(Invariant invariant, Example example, Objects objects) {
    try {
      invariant.holds().accept(example, objects);
      return false;
    } catch (RuntimeException e) {
      return false; // no longer an object of its kind: says nothing of the statement
    } catch (AssertionError e) {
      return true;
    }
  }

  static List<Invariant> invariants() {
    return INVARIANTS;
  }

  private static void pointers(JsonNode node, String at, List<String> into) {
    if (node.isObject()) {
      node.properties()
          .forEach(e -> pointers(e.getValue(), at + "/" + e.getKey().replace("/", "~1"), into));
    } else if (node.isArray()) {
      for (int i = 0; i < node.size(); i++) {
        pointers(node.get(i), at + "/" + i, into);
      }
    }
    if (!at.isEmpty()) {
      into.add(at);
    }
  }

  /** The object without a value, and with another one. */
  private static List<JsonNode> broken(JsonNode whole, String pointer) {
    JsonPointer at = JsonPointer.compile(pointer);
    JsonNode value = whole.at(at);
    JsonNodeFactory f = JsonNodeFactory.instance;
    List<JsonNode> all = new ArrayList<>();
    all.add(with(whole, at, Optional.empty()));
    if (value.isTextual()) {
      all.add(with(whole, at, Optional.of(f.textNode(value.asText() + "x"))));
    } else if (value.isBoolean()) {
      all.add(with(whole, at, Optional.of(f.booleanNode(!value.asBoolean()))));
    } else if (value.isNumber()) {
      all.add(with(whole, at, Optional.of(f.numberNode(-1))));
    } else if (value.isArray() && !value.isEmpty()) {
      for (JsonNode added : List.of(value.get(value.size() - 1), f.textNode("--tokenizer=x"))) {
        all.add(with(whole, at, Optional.of(((ArrayNode) value.deepCopy()).add(added))));
      }
    } else if (value.isObject()) {
      for (String foreign : List.of("hostPath", "hostNetwork", "runtimeClassName", "valueFrom")) {
        all.add(
            with(whole, at, Optional.of(((ObjectNode) value.deepCopy()).put(foreign, "foreign"))));
      }
    }
    return all;
  }

  private static JsonNode with(JsonNode whole, JsonPointer at, Optional<JsonNode> value) {
    JsonNode copy = whole.deepCopy();
    String member = at.last().getMatchingProperty();
    switch (copy.at(at.head())) {
      case ObjectNode o -> value.ifPresentOrElse(v -> o.set(member, v), () -> o.remove(member));
      case ArrayNode a -> {
        int index = at.last().getMatchingIndex();
        value.ifPresentOrElse(v -> a.set(index, v), () -> a.remove(index));
      }
      default -> throw new IllegalStateException(at.toString());
    }
    return copy;
  }

  /**
   * Rules of these groups that no rendered object can break, or that speak of what is not rendered.
   */
  private static final Set<String> ELSEWHERE = new TreeSet<>(Set.of("408", "707", "709", "712"));

  @Test
  void coversEveryRuleOfItsGroups() {
    Set<String> rules =
        Arrays.stream(dev.ringfence.rules.Rule.values())
            .map(r -> r.name().substring(5))
            .filter(id -> id.matches("[1247].."))
            .collect(java.util.stream.Collectors.toCollection(TreeSet::new));
    Set<String> covered = new TreeSet<>(ELSEWHERE);
    INVARIANTS.stream().map(Invariant::rule).forEach(covered::add);
    assertThat(covered).containsAll(rules);
  }

  /** Rendered objects as JSON. */
  record Objects(List<JsonNode> all) {
    private static final Map<String, Objects> SEEN = new ConcurrentHashMap<>();

    static Objects of(Example example, RenderContext context) {
      return SEEN.computeIfAbsent(example + " " + context.owner(), key -> render(example, context));
    }

    private static Objects render(Example example, RenderContext context) {
      return new Objects(
          Render.render(example.accepted(), context).objects().stream()
              .map(Examples::tree)
              .toList());
    }

    List<JsonNode> of(String kind) {
      return all.stream().filter(o -> o.get("kind").asText().equals(kind)).toList();
    }

    List<JsonNode> podMakers() {
      return all.stream().filter(o -> !o.at("/spec/template").isMissingNode()).toList();
    }

    List<JsonNode> pods() {
      List<JsonNode> pods = podMakers().stream().map(InvariantsTest::spec).toList();
      assertThat(pods).isNotEmpty();
      return pods;
    }

    List<JsonNode> serving() {
      return of("Deployment").stream().map(InvariantsTest::spec).toList();
    }

    List<JsonNode> engines() {
      return serving().stream().map(p -> p.at("/containers/0")).toList();
    }
  }

  private static JsonNode spec(JsonNode podMaker) {
    return podMaker.at("/spec/template/spec");
  }

  private static JsonNode podLabels(JsonNode podMaker) {
    return podMaker.at("/spec/template/metadata/labels");
  }

  private static boolean selects(JsonNode selector, JsonNode labels) {
    assertThat(selector.size()).isPositive();
    return selector.properties().stream()
        .allMatch(e -> e.getValue().equals(labels.get(e.getKey())));
  }

  /** Init containers first. */
  private static List<JsonNode> containers(JsonNode pod) {
    List<JsonNode> all = new ArrayList<>();
    pod.path("initContainers").forEach(all::add);
    pod.path("containers").forEach(all::add);
    assertThat(pod.has("ephemeralContainers")).isFalse();
    return all;
  }

  private static JsonNode volume(JsonNode pod, String name) {
    return StreamSupport.stream(pod.get("volumes").spliterator(), false)
        .filter(v -> name(v).equals(name))
        .findFirst()
        .orElseThrow();
  }

  private static List<String> nodeTerms(JsonNode pod) {
    JsonNode terms =
        pod.at(
            "/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution/nodeSelectorTerms");
    assertThat(terms).as("terms are alternatives: one, or each must hold all").hasSize(1);
    return StreamSupport.stream(terms.at("/0/matchExpressions").spliterator(), false)
        .map(
            r ->
                text(r, "/key")
                    + " "
                    + text(r, "/operator")
                    + " ["
                    + String.join(", ", texts(r.get("values"), ""))
                    + "]")
        .toList();
  }

  private static List<String> argv(JsonNode container) {
    return texts(container.path("args"), "");
  }

  /** The value of an argument that must be there exactly once, as one element. */
  private static String value(JsonNode container, String argument) {
    List<String> found =
        argv(container).stream().filter(a -> a.startsWith(argument + "=")).toList();
    assertThat(found).as(argument).hasSize(1);
    return found.getFirst().substring(argument.length() + 1);
  }

  private static Map<String, String> env(JsonNode container) {
    Map<String, String> env = new HashMap<>();
    container.path("env").forEach(v -> env.put(text(v, "/name"), v.path("value").asText()));
    return env;
  }

  private static Map<String, String> map(JsonNode object) {
    Map<String, String> m = new HashMap<>();
    object.properties().forEach(e -> m.put(e.getKey(), e.getValue().asText()));
    return m;
  }

  private static String name(JsonNode object) {
    return Optional.ofNullable(object.get("name"))
        .orElseGet(() -> object.at("/metadata/name"))
        .asText();
  }

  private static String text(JsonNode object, String pointer) {
    JsonNode node = object.at(pointer);
    assertThat(node.isValueNode()).as("%s in %s", pointer, object).isTrue();
    return node.asText();
  }

  private static List<String> texts(JsonNode array, String pointer) {
    return StreamSupport.stream(array.spliterator(), false)
        .map(n -> pointer.isEmpty() ? n.asText() : text(n, pointer))
        .toList();
  }

  private static long bytes(String quantity) {
    return Quantity.getAmountInBytes(new Quantity(quantity)).longValueExact();
  }
}
