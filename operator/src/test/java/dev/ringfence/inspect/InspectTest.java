package dev.ringfence.inspect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ringfence.inspect.Subject.Kind;
import dev.ringfence.render.Render;
import dev.ringfence.render.RenderContext;
import dev.ringfence.rules.Rule;
import dev.ringfence.validate.Inputs;
import dev.ringfence.validate.Report;
import dev.ringfence.vllm.Knowledge;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What the four pages say of a workload in many states. The children are what the renderer makes of
 * an example; {@code -Dgoldens.update} writes the pages anew.
 */
final class InspectTest {
  private static final Path GOLDENS = Path.of("src/test/resources/inspect");
  private static final ObjectMapper JSON = new ObjectMapper();

  /** A workload and its surroundings, still to be changed. */
  private static final class Scene {
    private final ObjectNode workload;
    private Answer model = new Answer.Found(JSON.createObjectNode());
    private final ObjectNode namespace = JSON.createObjectNode();
    private final Map<Kind, ArrayNode> children = new TreeMap<>();
    private final Map<String, ObjectNode> nodes = new TreeMap<>();
    private final Map<String, Answer> secrets = new TreeMap<>();

    Scene() {
      Report report =
          Inputs.judge(
              List.of("../deploy/examples/one-tenant.yaml"),
              List.of("../deploy/examples/policy.yaml"),
              InputStream.nullInputStream(),
              Instant.now());
      var finding =
          report.findings().stream()
              .filter(f -> f.workload().isPresent())
              .findFirst()
              .orElseThrow();
      workload = (ObjectNode) finding.manifest().json();
      ((ObjectNode) workload.path("metadata")).put("generation", 3);
      namespace
          .putObject("metadata")
          .putObject("labels")
          .put("pod-security.kubernetes.io/enforce", "restricted");
      for (Kind kind : Kind.values()) {
        children.put(kind, JSON.createArrayNode());
      }
      RenderContext context =
          RenderContext.offline(
              "registry.example/guard@sha256:" + "0".repeat(64), Knowledge.bundled());
      Render.render(finding.workload().orElseThrow(), context)
          .objects()
          .forEach(
              o -> {
                JsonNode tree = JSON.valueToTree(o);
                for (Kind kind : Kind.values()) {
                  if (kind.name().equals(tree.path("kind").asText())) {
                    items(kind).add(tree);
                  }
                }
              });
      secrets.put("acme-keys", new Answer.Found(JSON.createObjectNode()));
      ObjectNode node = JSON.createObjectNode();
      node.putObject("status").putObject("nodeInfo").putObject("swap").put("capacity", 0);
      nodes.put("gpu-0", node);
    }

    ArrayNode items(Kind kind) {
      return Objects.requireNonNull(children.get(kind));
    }

    ObjectNode node(String name) {
      return Objects.requireNonNull(nodes.get(name));
    }

    Scene condition(String type, String status, String reason, String message) {
      status()
          .withArray("conditions")
          .addObject()
          .put("type", type)
          .put("status", status)
          .put("reason", reason)
          .put("message", message);
      return this;
    }

    ObjectNode status() {
      ObjectNode status = workload.withObject("/status");
      status.put("observedGeneration", 3);
      return status;
    }

    Scene tenant(int ready, String message) {
      ObjectNode tenant = status().withArray("tenants").addObject();
      tenant.put("name", "acme");
      tenant.put("url", "http://support-chat--acme.team-support.svc:8080");
      tenant.put("replicas", 1).put("readyReplicas", ready);
      tenant.put("reachableFrom", "every pod of team-support");
      if (ready > 0) {
        tenant.putObject("keys").put("ids", 2).put("generation", "4f16a738");
      }
      if (!message.isEmpty()) {
        tenant.put("message", message);
      }
      return this;
    }

    /** The Deployment's pod, as a kubelet would report it. */
    ObjectNode pod() {
      ObjectNode pod = JSON.createObjectNode();
      JsonNode template = items(Kind.Deployment).get(0).path("spec").path("template").deepCopy();
      pod.set("metadata", template.path("metadata"));
      ((ObjectNode) pod.path("metadata")).put("name", "support-chat--acme-6c5d-x2x");
      pod.set("spec", template.path("spec"));
      pod.putObject("status").put("phase", "Pending");
      items(Kind.Pod).add(pod);
      return pod;
    }

    ObjectNode running() {
      ObjectNode pod = pod();
      ((ObjectNode) pod.path("spec")).put("nodeName", "gpu-0");
      ObjectNode status = (ObjectNode) pod.path("status");
      status.put("phase", "Running");
      status.putArray("conditions").addObject().put("type", "Ready").put("status", "True");
      ((ObjectNode) items(Kind.Deployment).get(0)).putObject("status").put("readyReplicas", 1);
      return pod;
    }

    Subject subject() {
      Map<Kind, Answer> all = new LinkedHashMap<>();
      children.forEach((kind, items) -> all.put(kind, new Answer.Found(items)));
      Map<String, Answer> seen = new TreeMap<>();
      nodes.forEach((name, node) -> seen.put(name, new Answer.Found(node)));
      return new Subject(workload, model, new Answer.Found(namespace), all, seen, secrets);
    }
  }

  private record State(String name, boolean ready, Consumer<Scene> change) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static void serving(Scene s) {
    s.running();
    s.condition("Accepted", "True", "Accepted", "every rule holds")
        .condition(
            "ModelVerified",
            "True",
            "Verified",
            "every file has the digest that the catalogue lists")
        .condition("NetworkIsolated", "True", "Enforced", "the guards cannot reach the API server")
        .condition(
            "Attested",
            "True",
            "Attested",
            "every engine reports the settings that were asked of it")
        .condition("Ready", "True", "Serving", "1 of 1 tenants are served")
        .tenant(1, "");
  }

  private static Scene waiting(Scene s, String reason, String message) {
    return s.condition("Accepted", "True", "Accepted", "every rule holds")
        .condition("Ready", "False", reason, "0 of 1 tenants are served; tenant acme: " + message)
        .condition("Reconciling", "True", reason, message)
        .tenant(0, message);
  }

  static List<State> states() {
    return List.of(
        new State("not-looked-at", false, s -> s.children.values().forEach(ArrayNode::removeAll)),
        new State("serving", true, InspectTest::serving),
        new State(
            "edited-since",
            false,
            s -> {
              serving(s);
              ((ObjectNode) s.workload.path("metadata")).put("generation", 4);
            }),
        new State(
            "rejected",
            false,
            s -> {
              s.children.values().forEach(ArrayNode::removeAll);
              String line =
                  "spec.engine.maxModelLen: Invalid value: 32768: VLLM-206 must be at most 4096;"
                      + " lower it";
              s.status()
                  .putArray("violations")
                  .addObject()
                  .put("rule", "VLLM-206")
                  .put("path", "spec.engine.maxModelLen")
                  .put("message", line);
              s.condition("Accepted", "False", "Rejected", line)
                  .condition("Ready", "False", "Rejected", "nothing is served, see Accepted")
                  .condition("Stalled", "True", "Rejected", line);
            }),
        new State(
            "held",
            true,
            s -> {
              serving(s);
              ArrayNode conditions = s.status().withArray("conditions");
              ((ObjectNode) conditions.get(0))
                  .put("status", "False")
                  .put("reason", "HeldPolicy")
                  .put(
                      "message",
                      "spec.engine.image: Invalid value: VLLM-701 must be an image that the policy lists; ask%nwhat was accepted goes on serving, held since 2026-11-01T00:00:00Z, until 2026-12-01T00:00:00Z"
                          .formatted());
            }),
        new State(
            "no-node",
            false,
            s -> {
              waiting(
                  s,
                  "WaitingForNode",
                  "VLLM-212 no node with the label x=true takes the engine; label a node without"
                      + " swap: kubectl label node NAME x=true");
              ObjectNode status = (ObjectNode) s.pod().path("status");
              status
                  .putArray("conditions")
                  .addObject()
                  .put("type", "PodScheduled")
                  .put("status", "False")
                  .put("reason", "Unschedulable")
                  .put(
                      "message",
                      "0/3 nodes are available: 3 node(s) didn't match Pod's node affinity");
            }),
        new State(
            "fetching",
            false,
            s -> {
              waiting(s, "Fetching", "the model is being fetched");
              ((ObjectNode) s.items(Kind.Job).get(0))
                  .putObject("status")
                  .put("active", 1)
                  .put("failed", 2);
              ((ObjectNode) s.items(Kind.PersistentVolumeClaim).get(0))
                  .putObject("status")
                  .put("phase", "Bound");
            }),
        new State(
            "no-keys",
            false,
            s -> {
              waiting(s, "KeysMissing", "VLLM-501 the Secret with API keys is missing or empty");
              s.secrets.put("acme-keys", new Answer.Absent());
            }),
        new State(
            "secrets-closed",
            false,
            s -> {
              waiting(s, "Starting", "the engine is loading");
              s.secrets.put("acme-keys", new Answer.Forbidden());
            }),
        new State(
            "image-cannot-be-pulled",
            false,
            s -> {
              waiting(s, "Starting", "the image of engine cannot be pulled");
              ((ObjectNode) s.pod().path("status"))
                  .putArray("containerStatuses")
                  .addObject()
                  .put("name", "engine")
                  .putObject("state")
                  .putObject("waiting")
                  .put("reason", "ImagePullBackOff")
                  .put("message", "not \u001b[31mfound");
            }),
        new State(
            "engine-dies",
            false,
            s -> {
              waiting(
                  s,
                  "EngineFailed",
                  "the container engine ended with a bus error; raise resources.sharedMemory");
              ObjectNode container =
                  ((ObjectNode) s.running().path("status"))
                      .putArray("containerStatuses")
                      .addObject()
                      .put("name", "engine")
                      .put("restartCount", 4);
              container.putObject("state").putObject("waiting").put("reason", "CrashLoopBackOff");
              container.putObject("lastState").putObject("terminated").put("exitCode", 135);
              ((ObjectNode) s.items(Kind.Pod).get(0).path("status")).remove("conditions");
            }),
        new State(
            "network-open",
            true,
            s -> {
              serving(s);
              ((ObjectNode) s.status().withArray("conditions").get(2))
                  .put("status", "False")
                  .put("reason", "NotEnforced")
                  .put("message", "VLLM-509 a guard can reach the API server");
            }),
        new State(
            "node-swaps",
            true,
            s -> {
              serving(s);
              s.node("gpu-0").withObject("/status/nodeInfo/swap").put("capacity", 4096);
            }));
  }

  private static String pages(Subject subject) {
    List<Evidence.Row> rows = Evidence.of(subject);
    return "$ why\n"
        + Why.of(subject)
        + "\n$ tree\n"
        + Tree.of(subject)
        + "\n$ keys\n"
        + Keys.of(subject)
        + "\n$ evidence\n"
        + Evidence.text(subject, rows);
  }

  @ParameterizedTest
  @MethodSource("states")
  void saysAllOfItInOneLook(State state) throws IOException {
    Scene scene = new Scene();
    state.change().accept(scene);
    Subject subject = scene.subject();
    String pages = pages(subject);
    Path golden = GOLDENS.resolve(state.name() + ".txt");
    if (System.getProperty("goldens.update") != null) {
      Files.writeString(golden, pages);
    }
    assertThat(pages).as("rewrite with -Dgoldens.update").isEqualTo(Files.readString(golden));
    assertThat(Why.ready(subject)).isEqualTo(state.ready());
    assertThat(pages).isASCII().doesNotContain("\u001b");
    // Every rule that is named can be read about.
    for (Rule rule : Subject.rulesIn(Why.of(subject))) {
      assertThat(Path.of("../docs/rules/" + rule.id() + ".md")).exists();
      assertThat(Why.of(subject)).contains("docs/rules/" + rule.id() + ".md");
    }
  }

  /** A pod that somebody changed, and the rule whose evidence is gone. */
  private record Break(Rule rule, Consumer<ObjectNode> change) {
    @Override
    public String toString() {
      return rule.id();
    }
  }

  private static ObjectNode engine(ObjectNode pod) {
    return (ObjectNode) pod.path("spec").path("containers").get(0);
  }

  private static Consumer<ObjectNode> argument(String from, String to) {
    return pod -> {
      ArrayNode arguments = (ArrayNode) engine(pod).path("args");
      for (int i = 0; i < arguments.size(); i++) {
        if (arguments.get(i).asText().startsWith(from)) {
          arguments.set(i, JsonNodeFactory.instance.textNode(to));
          return;
        }
      }
      throw new AssertionError("no argument " + from);
    };
  }

  static List<Break> breaks() {
    List<Break> all = new ArrayList<>();
    all.add(
        new Break(
            Rule.VLLM_101, argument("--no-enable-prefix-caching", "--enable-prefix-caching")));
    all.add(
        new Break(Rule.VLLM_103, argument("--no-enable-log-requests", "--enable-log-requests")));
    all.add(new Break(Rule.VLLM_104, argument("--max-log-len", "--kv-transfer-config={}")));
    all.add(new Break(Rule.VLLM_203, argument("--max-num-batched-tokens", "--x")));
    all.add(new Break(Rule.VLLM_204, argument("--max-num-seqs", "--x")));
    all.add(new Break(Rule.VLLM_206, argument("--max-model-len", "--x")));
    all.add(new Break(Rule.VLLM_301, argument("--uds", "--host=0.0.0.0")));
    all.add(new Break(Rule.VLLM_402, argument("--no-trust-remote-code", "--trust-remote-code")));
    all.add(new Break(Rule.VLLM_403, argument("--load-format", "--load-format=auto")));
    all.add(new Break(Rule.VLLM_506, argument("--override-generation-config", "--x")));
    all.add(
        new Break(
            Rule.VLLM_105,
            p ->
                p.withObject("/spec")
                    .withArray("volumes")
                    .addObject()
                    .put("name", "h")
                    .putObject("hostPath")));
    all.add(
        new Break(
            Rule.VLLM_210,
            p -> engine(p).withObject("/resources/limits").put("nvidia.com/gpu.shared", "1")));
    all.add(new Break(Rule.VLLM_212, p -> p.withObject("/spec").remove("affinity")));
    all.add(
        new Break(
            Rule.VLLM_409,
            p -> {
              for (JsonNode v : engine(p).path("env")) {
                if (v.path("name").asText().equals("HF_HUB_OFFLINE")) {
                  ((ObjectNode) v).put("value", "0");
                }
              }
            }));
    all.add(
        new Break(
            Rule.VLLM_508,
            p -> engine(p).withArray("env").addObject().put("name", "X").putObject("valueFrom")));
    all.add(new Break(Rule.VLLM_701, p -> engine(p).put("image", "registry.example/x:latest")));
    all.add(
        new Break(
            Rule.VLLM_701,
            p ->
                p.withObject("/status")
                    .putArray("containerStatuses")
                    .addObject()
                    .put("image", "registry.example/x@sha256:" + "a".repeat(64))
                    .put("imageID", "registry.example/x@sha256:" + "b".repeat(64))));
    all.add(
        new Break(
            Rule.VLLM_702, p -> engine(p).withObject("/securityContext").put("privileged", true)));
    all.add(
        new Break(
            Rule.VLLM_702, p -> p.withObject("/spec/securityContext").put("runAsNonRoot", false)));
    all.add(new Break(Rule.VLLM_703, p -> p.withObject("/spec").put("hostNetwork", true)));
    all.add(
        new Break(
            Rule.VLLM_704, p -> p.withObject("/spec").put("automountServiceAccountToken", true)));
    all.add(new Break(Rule.VLLM_705, p -> p.withObject("/spec").put("enableServiceLinks", true)));
    all.add(
        new Break(
            Rule.VLLM_708, p -> engine(p).withObject("/resources/requests").put("memory", "1Gi")));
    all.add(
        new Break(
            Rule.VLLM_710,
            p ->
                p.withObject("/spec")
                    .withArray("ephemeralContainers")
                    .addObject()
                    .put("name", "debug")));
    return all;
  }

  /** So that no line of the page is always kept. */
  @ParameterizedTest
  @MethodSource("breaks")
  void aBrokenRuleIsSeen(Break it) {
    Scene scene = new Scene();
    serving(scene);
    assertThat(seen(scene, it.rule())).contains(Evidence.Seen.YES).doesNotContain(Evidence.Seen.NO);
    it.change().accept((ObjectNode) scene.items(Kind.Pod).get(0));
    assertThat(seen(scene, it.rule())).contains(Evidence.Seen.NO);
    assertThat(Evidence.exitCode(Evidence.of(scene.subject()))).isEqualTo(1);
  }

  private static List<Evidence.Seen> seen(Scene scene, Rule rule) {
    return Evidence.of(scene.subject()).stream()
        .filter(r -> r.rule() == rule)
        .map(Evidence.Row::seen)
        .toList();
  }

  @ParameterizedTest
  @ValueSource(strings = {"../../secrets", "A", "a b", "", "x?watch=1"})
  void aNameThatIsNoneIsNoPath(String name) {
    Config nowhere = new ConfigBuilder(Config.empty()).withMasterUrl("http://127.0.0.1:1").build();
    try (KubernetesClient client = new KubernetesClientBuilder().withConfig(nowhere).build()) {
      assertThatThrownBy(() -> Subject.read(new Api(client), "team-a", name))
          .isInstanceOf(Unreachable.class)
          .hasMessageContaining("the name of a workload");
    }
  }
}
