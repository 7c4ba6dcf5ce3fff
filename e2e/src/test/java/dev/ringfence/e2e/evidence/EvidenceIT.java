package dev.ringfence.e2e.evidence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.client.OpenAIClient;
import com.openai.errors.UnauthorizedException;
import dev.ringfence.e2e.cluster.TestCluster;
import dev.ringfence.e2e.cluster.TestNamespace;
import dev.ringfence.e2e.stories.Installation;
import dev.ringfence.e2e.stories.Story;
import dev.ringfence.e2e.stories.Team;
import io.fabric8.kubernetes.api.model.Pod;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Two tenants' live engines, rule by rule. */
@Story
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class EvidenceIT {
  private static final String WORKLOAD = "chat";
  private static final Pattern TOKEN = Pattern.compile("hf_[A-Za-z0-9]{8}|rf-[0-9a-f]{8}|Bearer ");

  private final Findings findings =
      new Findings(
          "evidence.md",
          "Evidence",
          "mvn verify -Pe2e -Dcluster=kind -Dit.test=EvidenceIT",
          "live processes with the stand-in engine");
  private final String key = Team.newKey();
  private boolean whole;

  private record Scene(
      TestCluster cluster, Team team, Pod acme, Pod globex, Live engine, Live other, Live guard) {}

  private Scene scene;

  @BeforeAll
  void start(TestCluster cluster, TestNamespace namespace) {
    Team team = new Team(Installation.on(cluster), namespace.name());
    team.keys("chat-acme", "alice", key);
    team.keys("chat-globex", "bob", Team.newKey());
    team.apply(Team.workload(WORKLOAD, List.of("acme", "globex"), List.of(WORKLOAD), ""));
    team.awaitReady(WORKLOAD);
    Pod acme = team.pod(WORKLOAD, "acme");
    Pod globex = team.pod(WORKLOAD, "globex");
    scene =
        new Scene(
            cluster,
            team,
            acme,
            globex,
            Live.of(cluster, acme, "vllm serve"),
            Live.of(cluster, globex, "vllm serve"),
            Live.of(cluster, acme, "guard --config"));
    whole = true;
  }

  @AfterAll
  void write() throws IOException {
    if (scene != null) {
      scene.team().close();
    }
    if (whole) {
      findings.write(Path.of(".."));
    }
  }

  /** Runs a check; a document is only written when all of them held. */
  private void check(Runnable what) {
    boolean before = whole;
    whole = false;
    what.run();
    whole = before;
  }

  private static String argv(Live live) {
    return live.file("cmdline").lines().collect(Collectors.joining(" "));
  }

  @Test
  void prefixCache() {
    check(
        () -> {
          OpenAIClient client = scene.team().client(WORKLOAD, "acme", key);
          String same = "the same long prompt for a cache to keep, ".repeat(10);
          Team.chat(client, WORKLOAD, same);
          Team.chat(client, WORKLOAD, same);
          String metrics = scene.team().get(scene.acme(), 9901, "/engine/metrics");
          assertThat(metrics)
              .containsPattern("vllm:prefix_cache_hits_total\\{[^}]*} 0\\.0")
              .containsPattern("vllm:prefix_cache_queries_total\\{[^}]*} 0\\.0")
              .contains("enable_prefix_caching=\"False\"");
          assertThat(argv(scene.engine())).contains("--no-enable-prefix-caching");
          findings.add(
              "101",
              "the engine's `/metrics` after two equal prompts; argv in `/proc`",
              "`prefix_cache_hits_total` 0, `prefix_cache_queries_total` 0, `--no-enable-prefix-caching`");
        });
  }

  @Test
  void oneEngineForEachTenant() {
    check(
        () -> {
          assertThat(scene.engine().namespaces().get("ipc"))
              .isNotEqualTo(scene.other().namespaces().get("ipc"));
          OpenAIClient wrong = scene.team().client(WORKLOAD, "globex", key);
          assertThatThrownBy(() -> Team.chat(wrong, WORKLOAD, "hello"))
              .isInstanceOf(UnauthorizedException.class);
          assertThat(Team.chat(scene.team().client(WORKLOAD, "acme", key), WORKLOAD, "1+1="))
              .contains("2");
          findings.add(
              "102, 501",
              "acme's key at globex's engine and at its own; IPC namespaces of both engines",
              "401 and 200; different namespaces");
        });
  }

  @Test
  void promptsStayOffDiskAndLogs() {
    check(
        () -> {
          String canary = "canary" + Team.newKey().substring(3);
          OpenAIClient client = scene.team().client(WORKLOAD, "acme", key);
          Team.chat(client, WORKLOAD, "remember " + canary);
          assertThatThrownBy(() -> Team.chat(client, WORKLOAD, canary + " ".repeat(9000)));
          String node = scene.acme().getSpec().getNodeName();
          // Files of the node's disk; what is mounted from memory is not on it.
          String look =
              "find /var/log /var/lib/kubelet /var/lib/containerd -xdev -type f -print0"
                  + " | xargs -0 grep -lF -e \"$1\" -e \"$2\" 2>/dev/null || true";
          assertThat(scene.cluster().onNode(node, "sh", "-c", look, "look", canary, key)).isBlank();
          // The same search finds what is there: the audit lines of the same requests.
          String audited = "\"key_id\":\"alice\"";
          assertThat(scene.cluster().onNode(node, "sh", "-c", look, "look", audited, audited))
              .contains("/var/log/pods/");
          assertThat(scene.engine().file("environ")).contains("VLLM_LOGGING_LEVEL=INFO");
          findings.add(
              "103",
              "a prompt with a random word, one answered and one refused; every file on the node's disk under `/var/log`,"
                  + " `/var/lib/kubelet` and `/var/lib/containerd`, searched as root",
              "neither the word nor the key in any file; the same search finds the audit lines of these requests");
        });
  }

  @Test
  void nothingWritableIsShared() {
    check(
        () -> {
          Set<String> shared =
              scene.engine().mounts().stream()
                  .filter(Live.Mount::writable)
                  .filter(m -> Set.of("tmpfs", "overlay", "ext4", "xfs").contains(m.type()))
                  .map(Live.Mount::device)
                  .collect(Collectors.toSet());
          List<Live.Mount> writable =
              scene.engine().mounts().stream()
                  .filter(Live.Mount::writable)
                  .filter(m -> !m.place().startsWith("/proc") && !m.place().startsWith("/dev"))
                  .filter(m -> !m.place().startsWith("/sys"))
                  .toList();
          assertThat(writable)
              .extracting(Live.Mount::place)
              .contains("/run/engine", "/tmp")
              .doesNotContain("/", "/model", "/run/served");
          assertThat(writable)
              .filteredOn(m -> Set.of("/run/engine", "/tmp").contains(m.place()))
              .extracting(Live.Mount::type)
              .containsOnly("tmpfs");
          shared.retainAll(
              scene.other().mounts().stream()
                  .filter(Live.Mount::writable)
                  .filter(m -> Set.of("/run/engine", "/tmp", "/dev/shm").contains(m.place()))
                  .map(Live.Mount::device)
                  .collect(Collectors.toSet()));
          if (scene.acme().getSpec().getNodeName().equals(scene.globex().getSpec().getNodeName())) {
            assertThat(shared).isEmpty();
          }
          findings.add(
              "105",
              "`/proc/<pid>/mountinfo` of both tenants' engines",
              "writable: `/run/engine`, `/tmp`, `/dev/shm`, each a tmpfs of the pod's own; root, model and served folder read-only");
        });
  }

  @Test
  void memoryAndSwap() {
    check(
        () -> {
          long limit = 512L << 20;
          assertThat(scene.engine().cgroup().values()).contains(Long.toString(limit));
          assertThat(scene.engine().status("VmSwap")).isEqualTo("0 kB");
          assertThat(scene.engine().file("swaps").lines().skip(1)).isEmpty();
          assertThat(scene.acme().getStatus().getQosClass()).isEqualTo("Guaranteed");
          String swap = scene.engine().cgroup().getOrDefault("memory.swap.max", "");
          if (!swap.isEmpty()) {
            assertThat(swap).isEqualTo("0");
          }
          findings.add(
              "202, 708",
              "the engine's memory cgroup, `VmSwap`, `/proc/swaps`, the pod's QoS class",
              "limit 536870912 bytes as declared, VmSwap 0 kB, no swap device"
                  + (swap.isEmpty() ? "" : ", memory.swap.max 0")
                  + ", Guaranteed");
        });
  }

  @Test
  void commandLineAndEnvironment() {
    check(
        () -> {
          String argv = argv(scene.engine());
          assertThat(argv)
              .contains("--uds=/run/engine/engine.sock", "--no-trust-remote-code")
              .contains("--load-format=safetensors", "--gpu-memory-utilization=0.85")
              .contains("--override-generation-config={\"max_new_tokens\":2048}");
          for (Live live : List.of(scene.engine(), scene.guard())) {
            assertThat(TOKEN.matcher(live.file("environ")).find()).as("a token in env").isFalse();
            assertThat(TOKEN.matcher(argv(live)).find()).as("a token in argv").isFalse();
            assertThat(live.file("environ") + argv(live)).doesNotContain(key);
          }
          assertThat(scene.engine().file("environ").lines())
              .contains("HF_TOKEN=", "HF_HUB_OFFLINE=1", "LD_PRELOAD=", "VLLM_PLUGINS=");
          findings.add(
              "201, 208, 402, 403, 506",
              "`/proc/<pid>/cmdline` of the live engine",
              "`--gpu-memory-utilization=0.85`, `--no-trust-remote-code`, `--load-format=safetensors`, output capped at 2048, API on a Unix socket");
          findings.add(
              "209, 406, 508",
              "`/proc/<pid>/environ` and `cmdline` of engine and guard",
              "no token, no key; `HF_TOKEN`, `LD_PRELOAD`, `VLLM_PLUGINS` empty, `HF_HUB_OFFLINE=1`");
        });
  }

  @Test
  void ports() {
    check(
        () -> {
          assertThat(scene.engine().sockets())
              .isNotEmpty()
              .allMatch(s -> s.startsWith("127.0.0.1:") || s.startsWith("::1:"));
          assertThat(scene.guard().sockets())
              .extracting(s -> s.substring(s.lastIndexOf(':') + 1))
              .containsExactlyInAnyOrder("8080", "9901");
          int port = Integer.parseInt(scene.engine().sockets().getFirst().replaceFirst(".*:", ""));
          String ip = scene.acme().getStatus().getPodIP();
          String knock = "(exec 3<>/dev/tcp/$1/$2) 2>/dev/null && echo open || echo closed";
          String node = scene.globex().getSpec().getNodeName();
          assertThat(
                  scene.cluster().onNode(node, "bash", "-c", knock, "knock", ip, "" + port).strip())
              .isEqualTo("closed");
          assertThat(scene.cluster().onNode(node, "bash", "-c", knock, "knock", ip, "8080").strip())
              .isEqualTo("open");
          findings.add(
              "301, 505",
              "listening TCP sockets of the engine's and the guard's processes; a connection to the engine's port from the other node",
              "engine: loopback only, and closed from elsewhere; guard: 8080 and 9901");
        });
  }

  @Test
  void confinement() {
    check(
        () -> {
          for (Live live : List.of(scene.engine(), scene.guard())) {
            assertThat(live.status("Uid")).isEqualTo("2000 2000 2000 2000");
            assertThat(live.status("Gid")).isEqualTo("0 0 0 0");
            for (String set : List.of("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")) {
              assertThat(live.status(set)).as(set).isEqualTo("0000000000000000");
            }
            assertThat(live.status("Seccomp")).isEqualTo("2");
            assertThat(live.status("NoNewPrivs")).isEqualTo("1");
            assertThat(live.mounts())
                .filteredOn(m -> m.place().equals("/"))
                .noneMatch(Live.Mount::writable);
            for (String kind : List.of("net", "pid", "ipc", "mnt", "uts")) {
              String[] both = live.namespaces().getOrDefault(kind, "a a").split(" ", -1);
              assertThat(both[0]).as(kind).isNotEqualTo(both[1]);
            }
            assertThat(live.mounts())
                .extracting(Live.Mount::place)
                .noneMatch(p -> p.contains("serviceaccount"));
          }
          assertThat(scene.engine().file("limits")).containsPattern("Max core file size +[01] +");
          findings.add(
              "702",
              "`/proc/<pid>/status` and `mountinfo` of engine and guard",
              "uid 2000, gid 0, five empty capability sets, Seccomp 2 (filter), NoNewPrivs 1, root read-only; core files limited to 1 byte or none");
          findings.add(
              "703",
              "`/proc/<pid>/ns` beside the node's own",
              "net, pid, ipc, mnt, uts: all its own");
          findings.add("704", "mounts of engine and guard", "no service account token");
          assertThat(
                  scene.team().kubectl("get", "namespace", scene.team().namespace(), "-o", "yaml"))
              .contains("pod-security.kubernetes.io/enforce: restricted");
          findings.add(
              "707",
              "the namespace's labels, and the pods in it",
              "`enforce: restricted`, pods admitted and running");
        });
  }

  @Test
  void model() {
    check(
        () -> {
          assertThat(scene.team().condition(WORKLOAD, "ModelVerified")).startsWith("True ");
          assertThat(scene.engine().mounts())
              .filteredOn(m -> m.place().equals("/model") || m.place().equals("/run/served"))
              .hasSize(2)
              .noneMatch(Live.Mount::writable);
          assertThat(scene.engine().mounts())
              .filteredOn(m -> m.place().equals("/run/served"))
              .extracting(Live.Mount::type)
              .containsExactly("tmpfs");
          assertThat(argv(scene.engine())).contains("vllm serve /run/served/model ");
          findings.add(
              "405, 407",
              "what the engine serves, and its mounts",
              "`/run/served/model` on a tmpfs that it sees read-only; `/model` read-only; `ModelVerified=True` by the guard");
          String state = scene.team().get(scene.acme(), 9901, "/state");
          assertThat(state).contains("\"smokeTest\":{\"ok\":true");
          findings.add(
              "603",
              "the guard's `/state`",
              "the declared smoke test passed before the pod was ready");
        });
  }
}
