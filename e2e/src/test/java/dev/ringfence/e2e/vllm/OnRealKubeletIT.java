package dev.ringfence.e2e.vllm;

import static org.assertj.core.api.Assertions.assertThat;

import com.openai.client.OpenAIClient;
import dev.ringfence.e2e.cluster.Binaries;
import dev.ringfence.e2e.cluster.Need;
import dev.ringfence.e2e.cluster.TestCluster;
import dev.ringfence.e2e.cluster.TestNamespace;
import dev.ringfence.e2e.cluster.WithCluster;
import dev.ringfence.e2e.engine.StandInImages;
import dev.ringfence.e2e.engine.StandInModel;
import dev.ringfence.e2e.evidence.Findings;
import dev.ringfence.e2e.evidence.Live;
import dev.ringfence.e2e.images.ImageArchive;
import dev.ringfence.e2e.stories.Installation;
import dev.ringfence.e2e.stories.NodeFolder;
import dev.ringfence.e2e.stories.StandInHub;
import dev.ringfence.e2e.stories.Team;
import io.fabric8.kubernetes.api.model.Pod;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/**
 * The real thing from end to end: a workload applied with kubectl, the real operator's pod, a real
 * vLLM on a real kubelet, its model from an image volume, from a hub, from a filled claim.
 */
@Tag("kind-vllm")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@WithCluster(
    // Guard and engine want a node of two cores for themselves.
    nodes = 2,
    needs = {Need.RUNNING_PODS, Need.IMAGE_VOLUMES, Need.IMAGE_ARCHIVES, Need.NODES})
final class OnRealKubeletIT {
  /** An engine that shares two cores with a whole cluster loads for minutes. */
  private static final Duration LOADING = Duration.ofMinutes(12);

  private static final String NAME = "tiny";
  private static final String ROUND =
      "a careful engineer reads every line of the manual before she turns";

  private final Findings findings =
      new Findings(
          "evidence-real-vllm.md",
          "Evidence with a real vLLM",
          "mvn verify -Pe2e-vllm -Dcluster=kind",
          "a live vLLM 0.32.0 for CPUs in pods of a Kind cluster");
  private final String key = Team.newKey();

  private Path folder;
  private TestCluster cluster;
  private Installation ringfence;
  private Team team;
  private StandInModel model;
  private String engine;
  private int done;

  @BeforeAll
  void install(TestCluster given, TestNamespace namespace, @TempDir Path temporary)
      throws IOException, InterruptedException {
    folder = temporary;
    cluster = given;
    ringfence = Installation.on(cluster);
    team = new Team(ringfence, namespace.name());
    Path archive = Binaries.cache(System.getenv()).resolve("vllm").resolve("image.tar");
    Process image =
        new ProcessBuilder(
                Programs.TOOLS.resolve("image").toString(), "--output", archive.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    engine =
        new String(image.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
            .lines()
            .toList()
            .getLast();
    assertThat(image.waitFor()).as("tools/vllm/image").isZero();
    System.err.println("loading the image of vLLM, 7 GB");
    cluster.load(archive);
    model = new StandInModel(files(Programs.tinyModel(folder.resolve("tiny"))));
    ringfence.apply(policy());
    team.keys(NAME + "-acme", "alice", key);
  }

  @AfterAll
  void end() throws IOException {
    if (team != null) {
      team.close();
      ringfence.apply(ringfence.policy());
    }
    if (done == 3) {
      findings.write(Programs.HERE);
    }
  }

  private static SortedMap<String, byte[]> files(Path folder) throws IOException {
    SortedMap<String, byte[]> files = new TreeMap<>();
    try (Stream<Path> all = Files.list(folder)) {
      for (Path file : all.toList()) {
        files.put(String.valueOf(file.getFileName()), Files.readAllBytes(file));
      }
    }
    return files;
  }

  private String policy() {
    return """
    apiVersion: ringfence.dev/v1alpha1
    kind: VLLMPolicy
    metadata: {name: default}
    spec:
      engine:
        allowCpu: true
        images:
        - {image: "%s", version: 0.32.0}
      limits: {requestsPerMinute: 600}
      network: {requireEnforcement: false}
      pod: {cpuLimits: None}
    """
        .formatted(engine);
  }

  private void trust(String name, String source) {
    ringfence.apply(
        model.trusted(
            name,
            source,
            """
              quantization: {method: none}
              smokeTest: [{prompt: "begin", expect: "engineer reads every line", maxTokens: 16}]
            """));
  }

  private static String workload(String model, String more) {
    return """
    apiVersion: ringfence.dev/v1alpha1
    kind: VLLMDeployment
    metadata: {name: tiny}
    spec:
      model: {ref: %s, servedNames: [tiny]%s
      # On a CPU the fraction is of the container's memory; vLLM's own gigabyte is taken from it.
      engine: {dtype: float32, gpuMemoryUtilization: 0.3}
      tenants:
      - {name: acme, requestsPerMinute: 600, apiKeySecretRef: {name: tiny-acme}}
      resources: {gpus: 0, cpu: 500m, memory: 8Gi, sharedMemory: 1Gi, scratch: 1Gi}
      drainSeconds: 5
      startupTimeoutSeconds: 900
    """
        .formatted(model, more);
  }

  private OpenAIClient serve(String workload) {
    team.apply(workload);
    team.awaitReady(NAME, LOADING);
    assertThat(team.condition(NAME, "Attested")).startsWith("True ");
    assertThat(team.condition(NAME, "ModelVerified")).startsWith("True ");
    OpenAIClient client = team.client(NAME, "acme", key);
    assertThat(Team.chat(client, NAME, "begin").strip()).startsWith(ROUND);
    return client;
  }

  private void delete() {
    ringfence.kubectl("-n", team.namespace(), "delete", "vllmdeployment", NAME);
    org.awaitility.Awaitility.await()
        .atMost(Team.PATIENCE)
        .until(
            () ->
                ringfence
                    .client()
                    .pods()
                    .inNamespace(team.namespace())
                    .withLabel("ringfence.dev/workload", NAME)
                    .list()
                    .getItems()
                    .isEmpty());
  }

  @Test
  @Order(1)
  void aModelAsAnImage() throws IOException {
    ImageArchive image =
        StandInImages.model(model, "tiny-model", Files.createDirectories(folder.resolve("image")));
    cluster.load(image.file());
    trust("tiny-image", "{image: {reference: \"" + image.reference() + "\"}}");
    OpenAIClient client = serve(workload("tiny-image", "}"));
    Pod pod = team.pod(NAME, "acme");
    findings.add(
        "401, 405, 603",
        "`kubectl apply`, the operator's pod, vLLM's pod, its model as an OCI image volume",
        "Ready by attestation, digests and smoke test; a chat through the guard: `" + ROUND + "`");

    String canary = "canary" + Team.newKey().substring(3);
    Team.chat(client, NAME, "begin " + canary);
    Team.chat(client, NAME, "begin " + canary);
    String metrics = team.get(pod, 9901, "/engine/metrics");
    assertThat(metrics)
        .containsPattern("vllm:prefix_cache_hits_total\\{[^}]*} 0\\.0")
        .containsPattern("vllm:prefix_cache_queries_total\\{[^}]*} 0\\.0");
    findings.add(
        "101",
        "vLLM's own `/metrics` after equal prompts",
        "`prefix_cache_hits_total` 0, `prefix_cache_queries_total` 0");
    String node = pod.getSpec().getNodeName();
    String look =
        "find /var/log /var/lib/kubelet -xdev -type f -print0"
            + " | xargs -0 grep -lF -e \"$1\" -e \"$2\" 2>/dev/null || true";
    assertThat(cluster.onNode(node, "sh", "-c", look, "look", canary, key)).isBlank();
    assertThat(cluster.onNode(node, "sh", "-c", look, "look", "\"key_id\":\"alice\"", "alice"))
        .contains("/var/log/pods/");
    findings.add(
        "103",
        "a prompt with a random word; every file under `/var/log` and `/var/lib/kubelet` of the node",
        "neither the word nor the key in any; the same search finds the audit lines");

    Live live = Live.of(cluster, pod, "vllm serve");
    assertThat(live.status("Uid")).isEqualTo("2000 2000 2000 2000");
    assertThat(live.status("CapBnd")).isEqualTo("0000000000000000");
    assertThat(live.status("CapEff")).isEqualTo("0000000000000000");
    assertThat(live.status("Seccomp")).isEqualTo("2");
    assertThat(live.status("NoNewPrivs")).isEqualTo("1");
    assertThat(live.mounts())
        .filteredOn(m -> List.of("/", "/model", "/run/served").contains(m.place()))
        .hasSize(3)
        .noneMatch(Live.Mount::writable);
    findings.add(
        "702, 703",
        "`/proc/<pid>/status` and `mountinfo` of vLLM's server",
        "uid 2000, no capability, seccomp filter, no_new_privs, root and model read-only");
    assertThat(live.status("VmSwap")).isEqualTo("0 kB");
    assertThat(live.cgroup().values()).contains(Long.toString(8L << 30));
    findings.add("202", "its memory cgroup and `VmSwap`", "limit 8589934592 bytes, 0 kB swapped");
    assertThat(live.sockets())
        .isNotEmpty()
        .allMatch(s -> s.startsWith("127.0.0.1:") || s.startsWith("::1:"));
    findings.add(
        "505", "TCP sockets that any process of vLLM's container listens on", "loopback only");
    String told = live.file("cmdline").lines().collect(Collectors.joining(" "));
    assertThat(told).contains("--no-enable-prefix-caching", "--no-trust-remote-code");
    assertThat(live.file("environ") + told)
        .doesNotContain(key)
        .doesNotContainPattern("hf_[A-Za-z0-9]{8}");
    findings.add("508", "its command line and environment", "no key, no hub token");
    delete();
    done++;
  }

  @Test
  @Order(2)
  void aModelFromAHub() throws Exception {
    StandInHub hub = StandInHub.start(ringfence, team.namespace(), model.files(), folder);
    NodeFolder volume = NodeFolder.on(cluster, "tiny-fetched");
    ringfence.apply(volume.volume(team.namespace(), "tiny-model", "ReadWriteOnce"));
    ringfence.apply(policy() + hub.policy());
    hub.secret("hub-token");
    trust("tiny-hub", hub.source());
    try {
      serve(
          workload(
              "tiny-hub",
              ", tokenSecretRef: {name: hub-token},"
                  + " storage: {size: 1Gi, accessMode: ReadWriteOnce, storageClassName: static}}"));
      Live live = Live.of(cluster, team.pod(NAME, "acme"), "vllm serve");
      assertThat(live.file("environ") + live.file("cmdline")).doesNotContain(StandInHub.TOKEN);
      assertThat(hub.asked()).contains("model.safetensors token=true");
      findings.add(
          "404, 406",
          "the same model from a stand-in hub that wants a token, through the fetch Job onto a claim",
          "Ready, same answer; the token reached the hub, and is not in vLLM's environment or command line");
      delete();
    } finally {
      ringfence.kubectl("delete", "pv", "tiny-fetched", "--wait=false");
    }
    done++;
  }

  @Test
  @Order(3)
  void aModelOnAFilledClaim() {
    NodeFolder volume = NodeFolder.on(cluster, "tiny-filled").with(model.files());
    ringfence.apply(
        volume.volume(team.namespace(), "models", "ReadOnlyMany")
            + NodeFolder.filledClaim(team.namespace(), "models"));
    trust("tiny-claim", "{volumeClaim: {claimName: models}}");
    try {
      serve(workload("tiny-claim", "}"));
      findings.add("405", "the same model on a claim that was filled before", "Ready, same answer");
      delete();
    } finally {
      ringfence.kubectl("delete", "pv", "tiny-filled", "--wait=false");
    }
    done++;
  }
}
