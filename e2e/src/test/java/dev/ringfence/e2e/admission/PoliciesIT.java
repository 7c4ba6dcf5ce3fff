package dev.ringfence.e2e.admission;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ringfence.e2e.cluster.ControlPlaneOptions;
import dev.ringfence.e2e.cluster.LocalControlPlane;
import dev.ringfence.rules.Ring;
import dev.ringfence.rules.Rule;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The ValidatingAdmissionPolicies of {@code deploy/admission} on a real API server, with no
 * operator and no webhook running.
 */
final class PoliciesIT {
  private static final Path RENDERED = Path.of("../operator/src/test/resources/render");
  private static final String OPEN = "engines";

  /** Without a Pod Security level, which would refuse some pods before the policy is asked. */
  private static final String FREE = "free";

  private static final String DEDICATED = "closed";
  private static final Map<String, String> RESTRICTED =
      Map.of("pod-security.kubernetes.io/enforce", "restricted");

  @TempDir private static @Nullable Path folder;
  private static @Nullable LocalControlPlane plane;

  @BeforeAll
  static void start() {
    plane = LocalControlPlane.start(ControlPlaneOptions.DEFAULTS.withNodes(8, 1));
    KubernetesClient admin = plane.client();
    Installed.definitions(admin);
    Installed.namespace(admin, "ringfence-system", RESTRICTED);
    Installed.namespace(admin, OPEN, RESTRICTED);
    Installed.namespace(admin, FREE, Map.of());
    Installed.namespace(
        admin,
        DEDICATED,
        Map.of(
            "pod-security.kubernetes.io/enforce", "restricted", "ringfence.dev/dedicated", "true"));
    Installed.policies(
        admin,
        "pods.yaml",
        "dedicated-namespaces.yaml",
        "operator.yaml",
        "use-secrets.yaml",
        "definitions.yaml",
        "authors.yaml");
    accounts("image-awq", OPEN);
    accounts("image-awq", FREE);
    ObjectNode offline = pod("image-awq");
    ((ObjectNode) offline.path("metadata").path("labels")).put("ringfence.dev/rendered", "offline");
    Installed.awaitRefusal(() -> tryCreate(offline), "VLLM-710");
    Installed.awaitRefusal(() -> tryCreate(configMap(DEDICATED)), "VLLM-709");
    Installed.awaitRefusal(
        () -> {
          try (KubernetesClient operator = client(Installed.OPERATOR)) {
            operator.resource(Installed.resource(plain("Secret", OPEN))).dryRun().create();
          }
        },
        "the operator may not");
  }

  @AfterAll
  static void stop() {
    if (plane != null) {
      plane.close();
    }
  }

  private static LocalControlPlane plane() {
    return requireNonNull(plane);
  }

  private static KubernetesClient client(String user, String... groups) {
    bind(user);
    return plane().clientFor(user, groups);
  }

  /** RBAC lets every user of these tests do everything: what is refused, the policies refuse. */
  private static void bind(String user) {
    ObjectNode binding = Installed.YAML.createObjectNode();
    binding.put("apiVersion", "rbac.authorization.k8s.io/v1").put("kind", "ClusterRoleBinding");
    binding.putObject("metadata").put("name", "all-" + Integer.toHexString(user.hashCode()));
    binding
        .putObject("roleRef")
        .put("apiGroup", "rbac.authorization.k8s.io")
        .put("kind", "ClusterRole")
        .put("name", "cluster-admin");
    binding
        .putArray("subjects")
        .addObject()
        .put("apiGroup", "rbac.authorization.k8s.io")
        .put("kind", "User")
        .put("name", user);
    Installed.apply(plane().client(), binding);
  }

  private static Kubectl kubectl(String user, String... groups) {
    bind(user);
    return Kubectl.admin(plane(), requireNonNull(folder)).as(plane().kubeconfigFor(user, groups));
  }

  private static void tryCreate(ObjectNode object) {
    plane().client().resource(Installed.resource(object)).dryRun().create();
  }

  private static ObjectNode plain(String kind, String namespace) {
    ObjectNode object = Installed.YAML.createObjectNode();
    object.put("apiVersion", "v1").put("kind", kind);
    object.putObject("metadata").put("name", "sample").put("namespace", namespace);
    return object;
  }

  private static ObjectNode configMap(String namespace) {
    ObjectNode map = plain("ConfigMap", namespace);
    ((ObjectNode) map.path("metadata"))
        .putObject("labels")
        .put("app.kubernetes.io/managed-by", "ringfence");
    return map;
  }

  // Rendered objects, as the operator would create them.

  static List<String> examples() throws IOException {
    try (Stream<Path> folders = Files.list(RENDERED)) {
      return folders
          .filter(f -> Files.exists(f.resolve("expected.yaml")))
          .map(f -> f.getFileName().toString())
          .sorted()
          .toList();
    }
  }

  private static List<ObjectNode> rendered(String example, String namespace) {
    List<ObjectNode> objects =
        Installed.documents(RENDERED.resolve(example).resolve("expected.yaml"));
    for (ObjectNode object : objects) {
      ((ObjectNode) object.path("metadata")).put("namespace", namespace);
      unmark(object);
    }
    return objects;
  }

  private static void unmark(JsonNode node) {
    if (node instanceof ObjectNode map) {
      map.remove("ringfence.dev/rendered");
    }
    node.forEach(PoliciesIT::unmark);
  }

  /** The pod of the first Deployment. */
  private static ObjectNode pod(String example) {
    ObjectNode deployment =
        rendered(example, OPEN).stream()
            .filter(o -> o.path("kind").asText().equals("Deployment"))
            .findFirst()
            .orElseThrow();
    return podOf(deployment);
  }

  private static ObjectNode podOf(ObjectNode owner) {
    ObjectNode pod = plain("Pod", OPEN);
    JsonNode template = owner.path("spec").path("template");
    ((ObjectNode) pod.path("metadata")).setAll((ObjectNode) template.path("metadata"));
    pod.set("spec", template.path("spec"));
    return pod;
  }

  private static void accounts(String example, String namespace) {
    rendered(example, namespace).stream()
        .filter(o -> o.path("kind").asText().equals("ServiceAccount"))
        .forEach(o -> Installed.apply(plane().client(), o));
  }

  @ParameterizedTest
  @MethodSource("examples")
  void whatTheRendererMakesPasses(String example) {
    accounts(example, OPEN);
    for (ObjectNode object : rendered(example, OPEN)) {
      if (object.path("spec").path("template").isObject()) {
        ObjectNode pod = podOf(object);
        ((ObjectNode) pod.path("spec")).remove("priorityClassName");
        ((ObjectNode) pod.path("spec")).remove("runtimeClassName");
        assertThatCode(() -> tryCreate(pod))
            .as("%s %s", object.path("kind"), object.path("metadata").path("name"))
            .doesNotThrowAnyException();
      }
    }
  }

  @Test
  void recordsOfWhatWasAcceptedAreTheOperatorsAlone() {
    ObjectNode record = plain("ControllerRevision", OPEN);
    record.put("apiVersion", "apps/v1").put("revision", 1).putObject("data").put("any", "thing");
    ObjectNode metadata = (ObjectNode) record.path("metadata");
    metadata.put("name", "chat--1");
    metadata
        .putObject("labels")
        .put("app.kubernetes.io/managed-by", "ringfence")
        .put("ringfence.dev/workload", "chat")
        .put("ringfence.dev/record", "current");
    try (KubernetesClient operator = client(Installed.OPERATOR);
        KubernetesClient editor = client("editor");
        KubernetesClient rescuer = client("rescuer", "ringfence:break-glass")) {
      Installed.awaitRefusal(
          () -> editor.resource(Installed.resource(record)).dryRun().create(),
          "only the operator may create the record chat--1 of what was accepted");
      Installed.apply(operator, record);
      var theirs = Installed.resource(record);
      theirs.getMetadata().getLabels().remove("ringfence.dev/record");
      Installed.awaitRefusal(
          () -> editor.resource(theirs).update(), "only the operator may update the record");
      Installed.awaitRefusal(
          () -> editor.resource(theirs).delete(), "only the operator may delete the record");
      ObjectNode another = record.deepCopy();
      ((ObjectNode) another.path("metadata")).put("name", "mine").remove("labels");
      assertThatCode(() -> editor.resource(Installed.resource(another)).dryRun().create())
          .as("a DaemonSet's or StatefulSet's revision")
          .doesNotThrowAnyException();
      rescuer.resource(Installed.resource(record)).delete();
    }
  }

  @Test
  void kubernetesControllersMakeThePodsAndTheKubeletRunsThem() {
    for (String namespace : List.of(OPEN, DEDICATED)) {
      try (KubernetesClient operator = client(Installed.OPERATOR)) {
        rendered("image-awq", namespace).forEach(o -> Installed.apply(operator, o));
      }
      await()
          .atMost(Duration.ofSeconds(90))
          .untilAsserted(
              () -> {
                List<Pod> pods = plane().client().pods().inNamespace(namespace).list().getItems();
                assertThat(pods).hasSize(3);
                assertThat(pods)
                    .allMatch(
                        p ->
                            java.util.Optional.ofNullable(p.getStatus().getConditions())
                                .orElse(List.of())
                                .stream()
                                .anyMatch(
                                    c ->
                                        c.getType().equals("Ready")
                                            && c.getStatus().equals("True")));
              });
    }
    Pod pod = plane().client().pods().inNamespace(OPEN).list().getItems().get(0);
    String name = pod.getMetadata().getName();
    Kubectl editor = kubectl("editor");
    // Simulated kubelets do not resize; of a pod without a node the API server asks none.
    ObjectNode waiting = pod("image-awq");
    ((ObjectNode) waiting.path("metadata")).put("name", "waiting").put("namespace", OPEN);
    ((ObjectNode) waiting.path("spec")).putObject("nodeSelector").put("nowhere", "true");
    Installed.apply(plane().client(), waiting);

    assertThat(
            editor.run("debug", name, "-n", OPEN, "--image=busybox", "--profile=restricted").text())
        .contains("VLLM-710 must not be there, a debug container sees prompts and keys");
    assertThat(
            editor
                .run(
                    "patch",
                    "pod",
                    "waiting",
                    "-n",
                    OPEN,
                    "--subresource",
                    "resize",
                    "--patch",
                    "{\"spec\":{\"containers\":[{\"name\":\"engine\",\"resources\":{\"requests\":{\"cpu\":\"1\"},\"limits\":{\"cpu\":\"1\"}}}]}}")
                .text())
        .contains("VLLM-708 must not be resized in place");
    assertThat(editor.run("label", "pod", name, "-n", OPEN, "ringfence.dev/workload-").text())
        .contains("VLLM-710 must not change whose pod this is");
    assertThat(editor.run("annotate", "pod", name, "-n", OPEN, "note=fine").code()).isZero();

    insideADedicatedNamespace();
  }

  /** What RBAC would allow, in the namespace that is closed. */
  private static void insideADedicatedNamespace() {
    String name =
        plane()
            .client()
            .pods()
            .inNamespace(DEDICATED)
            .list()
            .getItems()
            .get(0)
            .getMetadata()
            .getName();
    Kubectl editor = kubectl("editor");
    Kubectl rescuer = kubectl("rescuer", "ringfence:break-glass");
    String service =
        plane()
            .client()
            .services()
            .inNamespace(DEDICATED)
            .list()
            .getItems()
            .get(0)
            .getMetadata()
            .getName();
    List<List<String>> entering =
        List.of(
            List.of("exec", name, "-c", "engine", "--", "id"),
            List.of("attach", name, "-c", "engine"),
            List.of("port-forward", name, ":9901"),
            List.of(
                "get",
                "--raw",
                "/api/v1/namespaces/" + DEDICATED + "/pods/" + name + ":9901/proxy/state"),
            List.of(
                "get",
                "--raw",
                "/api/v1/namespaces/"
                    + DEDICATED
                    + "/services/"
                    + service
                    + ":8080/proxy/v1/models"));
    for (List<String> command : entering) {
      String[] line =
          Stream.concat(
                  command.stream(),
                  command.get(0).equals("get") ? Stream.<String>of() : Stream.of("-n", DEDICATED))
              .toArray(String[]::new);
      // exec needs its own options before the command that it runs.
      String[] ordered =
          command.get(0).equals("exec")
              ? new String[] {"exec", "-n", DEDICATED, name, "-c", "engine", "--", "id"}
              : line;
      assertThat(editor.run(ordered).text())
          .as("%s", command)
          .contains("VLLM-709 must not be done in a dedicated namespace (connect ");
      assertThat(rescuer.run(ordered).text()).as("%s", command).doesNotContain("VLLM-709");
    }
    for (ObjectNode object : writes()) {
      String kind = object.path("kind").asText();
      try (KubernetesClient user = client("editor");
          KubernetesClient other = client("rescuer", "ringfence:break-glass")) {
        KubernetesClientException refusal =
            catchThrowableOfType(
                KubernetesClientException.class,
                () -> user.resource(Installed.resource(object)).dryRun().create());
        assertThat(refusal).as(kind).isNotNull();
        assertThat(refusal.getMessage()).as(kind).contains("VLLM-709");
        assertThatCode(() -> other.resource(Installed.resource(object)).dryRun().create())
            .as(kind)
            .doesNotThrowAnyException();
      }
    }
    assertThat(editor.run("delete", "networkpolicies", "--all", "-n", DEDICATED).text())
        .contains("VLLM-709");
    assertThat(
            editor.run("create", "configmap", "own", "--from-literal=a=b", "-n", DEDICATED).code())
        .as("a ConfigMap of their own")
        .isZero();
    assertThat(
            editor
                .run("create", "secret", "generic", "own", "--from-literal=a=b", "-n", DEDICATED)
                .code())
        .isZero();
    assertThat(editor.run("delete", "pod", name, "-n", DEDICATED).code()).isZero();
  }

  private static List<ObjectNode> writes() {
    try {
      List<ObjectNode> objects = new ArrayList<>();
      for (String yaml :
          List.of(
              "{apiVersion: v1, kind: Pod, metadata: {name: x}, spec: {securityContext: {runAsNonRoot: true, runAsUser: 1, seccompProfile: {type: RuntimeDefault}}, containers: [{name: a, image: a, securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}}]}}",
              "{apiVersion: apps/v1, kind: Deployment, metadata: {name: x}, spec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: a, image: a}]}}}}",
              "{apiVersion: v1, kind: Service, metadata: {name: x}, spec: {selector: {ringfence.dev/workload: chat}, ports: [{port: 80}]}}",
              "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: x}, spec: {podSelector: {}, egress: [{}], ingress: [{}]}}",
              "{apiVersion: batch/v1, kind: Job, metadata: {name: x}, spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: a}]}}}}",
              "{apiVersion: v1, kind: ServiceAccount, metadata: {name: x}}",
              "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: x}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}")) {
        ObjectNode object = (ObjectNode) Installed.YAML.readTree(yaml);
        ((ObjectNode) object.path("metadata")).put("namespace", DEDICATED);
        objects.add(object);
      }
      objects.add(configMap(DEDICATED));
      return objects;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A change to a rendered pod and the rule that keeps it out. */
  record Change(String path, String yaml, String rule) {
    @Override
    public String toString() {
      return path + " = " + yaml;
    }
  }

  static List<Change> changes() {
    return List.of(
        new Change("spec.containers[+]", "{name: istio-proxy, image: a@sha256:0}", "VLLM-710"),
        new Change("spec.initContainers[+]", "{name: vault-agent, image: a}", "VLLM-710"),
        new Change("spec.containers[0].name", "other", "VLLM-710"),
        new Change("spec.automountServiceAccountToken", "true", "VLLM-704"),
        new Change(
            "spec.volumes[+]",
            "{name: policy2, projected: {sources: [{serviceAccountToken: {path: token}}]}}",
            "VLLM-704"),
        new Change("spec.serviceAccountName", "default", "VLLM-704"),
        new Change("spec.enableServiceLinks", "true", "VLLM-705"),
        new Change("spec.hostNetwork", "true", "VLLM-703"),
        new Change("spec.hostPID", "true", "VLLM-703"),
        new Change("spec.hostIPC", "true", "VLLM-703"),
        new Change("spec.shareProcessNamespace", "true", "VLLM-703"),
        new Change("spec.volumes[+]", "{name: host, hostPath: {path: /}}", "VLLM-703"),
        new Change("spec.volumes[+]", "{name: disk, emptyDir: {}}", "VLLM-105"),
        new Change("spec.volumes[6]", "{name: scratch, emptyDir: {}}", "VLLM-202"),
        new Change("spec.volumes[0]", "{name: policy, secret: {secretName: x}}", "VLLM-202"),
        new Change("spec.securityContext.runAsNonRoot", "false", "VLLM-702"),
        new Change("spec.securityContext.runAsUser", "0", "VLLM-702"),
        new Change("spec.securityContext.seccompProfile.type", "Unconfined", "VLLM-702"),
        new Change(
            "spec.containers[0].securityContext",
            "{privileged: true, readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}}",
            "VLLM-702"),
        new Change(
            "spec.containers[0].securityContext.allowPrivilegeEscalation", "true", "VLLM-702"),
        new Change(
            "spec.containers[0].securityContext.readOnlyRootFilesystem", "false", "VLLM-702"),
        new Change(
            "spec.containers[0].securityContext.capabilities.add", "[NET_ADMIN]", "VLLM-702"),
        new Change("spec.containers[0].securityContext.runAsUser", "0", "VLLM-702"),
        new Change("spec.initContainers[0].securityContext", "{}", "VLLM-702"),
        new Change("spec.containers[0].resources.limits.memory", "96Gi", "VLLM-708"),
        new Change("spec.initContainers[0].resources", "{}", "VLLM-708"),
        new Change("spec.containers[0].image", "docker.io/vllm/vllm-openai:latest", "VLLM-701"),
        new Change("spec.initContainers[0].image", "registry.example/guard:1", "VLLM-701"),
        new Change(
            "spec.containers[0].env[+]",
            "{name: KEY, valueFrom: {secretKeyRef: {name: a, key: b}}}",
            "VLLM-508"),
        new Change("spec.containers[0].envFrom", "[{secretRef: {name: a}}]", "VLLM-508"),
        new Change("spec.containers[0].env[+]", "{name: HF_TOKEN, value: x}", "VLLM-409"),
        new Change("spec.containers[0].env[+]", "{name: LD_PRELOAD, value: /x.so}", "VLLM-209"),
        new Change("spec.containers[0].env", "[]", "VLLM-209"),
        new Change("spec.initContainers[0].env", "[]", "VLLM-106"),
        new Change("spec.containers[0].command", "[/bin/sh, -c, id]", "VLLM-301"),
        new Change("spec.containers[0].command[2]", "exec \"$@\"", "VLLM-301"),
        new Change("spec.containers[0].args[+]", "--enable-prefix-caching", "VLLM-101"),
        new Change("spec.containers[0].args[+]", "--enable-pre", "VLLM-101"),
        new Change("spec.containers[0].args[+]", "--enable-log-requests", "VLLM-103"),
        new Change("spec.priorityClassName", "system-node-critical", "VLLM-711"),
        new Change("spec.containers[0].args[+]", "--trust-remote-code", "VLLM-402"),
        new Change("spec.containers[0].args[+]", "--load-format=auto", "VLLM-403"),
        new Change("spec.containers[0].args[+]", "--gpu-memory-utilization=0.99", "VLLM-201"),
        new Change("spec.containers[0].args[+]", "--kv-transfer-config={}", "VLLM-104"),
        new Change("spec.containers[0].args[2]", "/model", "VLLM-208"),
        new Change("spec.containers[0].livenessProbe.exec.command", "[sh, -c, id]", "VLLM-710"),
        new Change("spec.containers[0].lifecycle.postStart", "{exec: {command: [id]}}", "VLLM-710"),
        new Change("spec.containers[0].lifecycle.preStop.exec.command[4]", "id", "VLLM-710"),
        new Change(
            "spec.containers[0].volumeMounts[+]",
            "{name: keys, mountPath: /keys, readOnly: true}",
            "VLLM-105"),
        new Change("spec.containers[0].volumeMounts[1].readOnly", "false", "VLLM-105"),
        new Change("spec.initContainers[0].command", "[sh]", "VLLM-301"),
        new Change("spec.initContainers[0].args", "[guard]", "VLLM-301"),
        new Change("spec.initContainers[1].args", "[fetch]", "VLLM-301"),
        new Change("metadata.labels.[app.kubernetes.io/component]", "other", "VLLM-710"),
        // One safeguard away, or one bound passed, at a time.
        argument("--no-enable-prefix-caching", "--stream-interval=1", "VLLM-101"),
        argument("--no-enable-log-requests", "--stream-interval=1", "VLLM-103"),
        new Change("spec.containers[0].env[+]", "{name: LMCACHE_REMOTE_URL, value: x}", "VLLM-104"),
        argument("--gpu-memory-utilization=0.85", "--gpu-memory-utilization=0.96", "VLLM-201"),
        argument("--gpu-memory-utilization=0.85", "--gpu-memory-utilization=1", "VLLM-201"),
        new Change("spec.containers[0].args[+]", "--swap-space=16", "VLLM-202"),
        new Change("spec.containers[0].args[+]", "--cpu-offload-gb=8", "VLLM-202"),
        argument("--max-num-batched-tokens=4096", "--max-num-batched-tokens=1048577", "VLLM-203"),
        new Change("spec.containers[0].args[+]", "--max-num-batched-tokens=1", "VLLM-203"),
        argument("--max-num-seqs=64", "--max-num-seqs=4097", "VLLM-204"),
        new Change("spec.containers[0].args[+]", "--block-size=2048", "VLLM-205"),
        argument("--max-model-len=4096", "--max-model-len=1048577", "VLLM-206"),
        argument("--max-model-len=4096", "--max-model-len=auto", "VLLM-206"),
        argument("--tensor-parallel-size=1", "--tensor-parallel-size=2", "VLLM-210"),
        new Change(
            "spec.initContainers[0].resources",
            "{requests: {cpu: 1, memory: 200Mi, nvidia.com/gpu: 1}, limits: {cpu: 1, memory: 200Mi, nvidia.com/gpu: 1}}",
            "VLLM-210"),
        new Change("spec.volumes[6].emptyDir", "{medium: Memory}", "VLLM-211"),
        new Change("spec.volumes[6].emptyDir.sizeLimit", "48Gi", "VLLM-211"),
        new Change("spec.nodeName", "gpu-0", "VLLM-212"),
        new Change("spec.affinity", "{}", "VLLM-212"),
        new Change(
            "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[+]",
            "{matchExpressions: [{key: fast, operator: Exists}]}",
            "VLLM-106"),
        argument("--no-trust-remote-code", "--stream-interval=1", "VLLM-402"),
        argument("--load-format=safetensors", "--load-format=pt", "VLLM-403"),
        new Change("spec.volumes[+]", "{name: token, secret: {secretName: hf-token}}", "VLLM-406"),
        new Change("spec.containers[0].env[+]", "{name: HF_HUB_OFFLINE, value: \"0\"}", "VLLM-409"),
        argument(
            "--override-generation-config={\"max_new_tokens\":2048}",
            "--override-generation-config={\"max_new_tokens\":8192}",
            "VLLM-506"),
        new Change(
            "spec.initContainers[0].ports[+]",
            "{name: node, containerPort: 9000, hostPort: 9000}",
            "VLLM-509"));
  }

  /** Another argument in the place of a rendered one. */
  private static Change argument(String rendered, String other, String rule) {
    List<String> arguments = new ArrayList<>();
    pod("image-awq").at("/spec/containers/0/args").forEach(a -> arguments.add(a.asText()));
    int at = arguments.indexOf(rendered);
    assertThat(at).as("%s is rendered", rendered).isNotNegative();
    return new Change("spec.containers[0].args[" + at + "]", "'" + other + "'", rule);
  }

  @ParameterizedTest
  @MethodSource("changes")
  void whatIsNotRenderedIsRefused(Change change) {
    ObjectNode pod = pod("image-awq");
    set(pod, change.path(), change.yaml());
    ((ObjectNode) pod.path("metadata")).put("namespace", FREE);
    KubernetesClientException refusal =
        catchThrowableOfType(KubernetesClientException.class, () -> tryCreate(pod));
    assertThat(refusal).isNotNull();
    assertThat(refusal.getMessage())
        .contains("ValidatingAdmissionPolicy 'ringfence-pods'")
        .contains(change.rule() + " must ");
  }

  /** The rules of which the policy on pods says that this pod breaks them. */
  private static Set<String> broken(Change change) {
    ObjectNode pod = pod("image-awq");
    set(pod, change.path(), change.yaml());
    ((ObjectNode) pod.path("metadata")).put("namespace", FREE);
    KubernetesClientException refusal =
        catchThrowableOfType(KubernetesClientException.class, () -> tryCreate(pod));
    return refusal == null
        ? Set.of()
        : Pattern.compile("VLLM-[0-9]{3}(?= must )")
            .matcher(String.valueOf(refusal.getMessage()))
            .results()
            .map(MatchResult::group)
            .collect(Collectors.toCollection(TreeSet::new));
  }

  /**
   * Of every rule that the policy on pods keeps there is a pod that breaks this rule and no other.
   * The closed namespace is another policy's (709); an injected container breaks 710 among others.
   */
  @Test
  void everyRuleHasAPodThatBreaksItAlone() {
    Set<String> kept =
        Arrays.stream(Rule.values())
            .filter(r -> r.rings().contains(Ring.VAP))
            .map(Rule::id)
            .filter(id -> !id.equals("VLLM-709"))
            .collect(Collectors.toCollection(TreeSet::new));
    Set<String> alone = new TreeSet<>();
    for (Change change : changes()) {
      Set<String> rules = broken(change);
      if (rules.size() == 1) {
        assertThat(rules).as("%s", change).containsExactly(change.rule());
        alone.addAll(rules);
      }
    }
    assertThat(alone).containsAll(kept);
  }

  private static void set(ObjectNode root, String path, String yaml) {
    try {
      JsonNode value = Installed.YAML.readTree(yaml);
      JsonNode at = root;
      String[] steps = path.replace(".[", "[").replace("[", "|[").split("[.|](?![^\\[]*])", -1);
      for (int i = 0; i < steps.length; i++) {
        String step = steps[i].replaceAll("[\\[\\]]", "");
        boolean last = i == steps.length - 1;
        if (at instanceof ArrayNode list) {
          if (step.equals("+")) {
            list.add(value);
            return;
          }
          if (last) {
            list.set(Integer.parseInt(step), value);
            return;
          }
          at = list.get(Integer.parseInt(step));
        } else {
          ObjectNode map = (ObjectNode) at;
          if (last && value.isNull()) {
            map.remove(step);
          } else if (last) {
            map.set(step, value);
          }
          at = map.path(step);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  // The operator's own identity.

  /** What the operator may not do, should somebody take it over. */
  static List<String> overreaches() {
    return List.of(
        "{apiVersion: v1, kind: Secret, metadata: {name: x, namespace: engines}}",
        "{apiVersion: v1, kind: Pod, metadata: {name: x, namespace: free}, spec: {containers: [{name: a, image: a}]}}",
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: x, namespace: engines}}",
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: x, namespace: kube-system, labels: {app.kubernetes.io/managed-by: ringfence, ringfence.dev/workload: a}}}",
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: x, namespace: ringfence-system, labels: {app.kubernetes.io/managed-by: ringfence, ringfence.dev/workload: a}}}",
        "{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRoleBinding, metadata: {name: x}, roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}}",
        "{apiVersion: v1, kind: Namespace, metadata: {name: x}}",
        "{apiVersion: apps/v1, kind: Deployment, metadata: {name: x, namespace: engines, labels: {app.kubernetes.io/managed-by: ringfence, ringfence.dev/workload: a}}, spec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {automountServiceAccountToken: false, containers: [{name: a, image: a}]}}}}",
        "{apiVersion: apps/v1, kind: Deployment, metadata: {name: x, namespace: engines, labels: {app.kubernetes.io/managed-by: ringfence, ringfence.dev/workload: a}}, spec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b, ringfence.dev/workload: a, app.kubernetes.io/component: engine}}, spec: {automountServiceAccountToken: false, serviceAccountName: strong, containers: [{name: a, image: a}]}}}}",
        "{apiVersion: apps/v1, kind: DaemonSet, metadata: {name: x, namespace: engines, labels: {app.kubernetes.io/managed-by: ringfence, ringfence.dev/workload: a}}, spec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: a, image: a}]}}}}",
        "{apiVersion: v1, kind: Service, metadata: {name: x, namespace: engines, labels: {app.kubernetes.io/managed-by: ringfence, ringfence.dev/workload: a}}, spec: {type: LoadBalancer, ports: [{port: 80}]}}",
        "{apiVersion: v1, kind: ServiceAccount, metadata: {name: x, namespace: engines, labels: {app.kubernetes.io/managed-by: ringfence, ringfence.dev/workload: a}}}");
  }

  @ParameterizedTest
  @MethodSource("overreaches")
  void theOperatorWritesWhatItRendersAndNothingElse(String yaml) throws IOException {
    ObjectNode object = (ObjectNode) Installed.YAML.readTree(yaml);
    try (KubernetesClient operator = client(Installed.OPERATOR)) {
      // Also a dry run, except of the pod with which it finds out about image volumes.
      KubernetesClientException refusal =
          catchThrowableOfType(
              KubernetesClientException.class,
              () -> operator.resource(Installed.resource(object)).dryRun().create());
      assertThat(refusal).isNotNull();
      assertThat(refusal.getMessage())
          .contains("ValidatingAdmissionPolicy 'ringfence-operator'")
          .contains("the operator may ");
    }
  }

  // Secrets and definitions.

  @Test
  void whoWritesAWorkloadMustHoldUseSecrets() throws IOException {
    ObjectNode role =
        (ObjectNode)
            Installed.YAML.readTree(
                "{apiVersion: rbac.authorization.k8s.io/v1, kind: Role, metadata: {name: vllm-only, namespace: engines}, rules: [{apiGroups: [ringfence.dev], resources: [vllmdeployments], verbs: [get, create, update, patch, delete]}]}");
    Installed.apply(plane().client(), role);
    grant("half", "Role", "vllm-only");
    grant("author", "ClusterRole", "ringfence-author");
    ObjectNode workload =
        (ObjectNode)
            Installed.YAML.readTree(
                "{apiVersion: ringfence.dev/v1alpha1, kind: VLLMDeployment, metadata: {name: chat, namespace: engines}, spec: {model: {ref: m}, tenants: [{name: acme, apiKeySecretRef: {name: acme-keys}}], resources: {gpus: 1, cpu: 1, memory: 8Gi}}}");
    try (KubernetesClient half = plane().clientFor("half");
        KubernetesClient author = plane().clientFor("author")) {
      Installed.awaitRefusal(
          () -> half.resource(Installed.resource(workload)).dryRun().create(),
          "spec.tenants: Forbidden: VLLM-501 must be written by somebody who holds the verb use-secrets on vllmdeployments in engines");
      author.resource(Installed.resource(workload)).create();
      ObjectNode labelled = workload.deepCopy();
      ((ObjectNode) labelled.path("metadata")).putObject("labels").put("a", "b");
      assertThatCode(() -> half.resource(Installed.resource(labelled)).update())
          .as("metadata alone")
          .doesNotThrowAnyException();
      ObjectNode changed = labelled.deepCopy();
      ((ObjectNode) changed.path("spec")).put("drainSeconds", 10);
      assertThat(
              catchThrowableOfType(
                  KubernetesClientException.class,
                  () -> half.resource(Installed.resource(changed)).update()))
          .hasMessageContaining("use-secrets");
      half.resource(Installed.resource(workload)).delete();
    }
  }

  private static void grant(String user, String kind, String role) {
    ObjectNode binding = Installed.YAML.createObjectNode();
    binding.put("apiVersion", "rbac.authorization.k8s.io/v1").put("kind", "RoleBinding");
    binding.putObject("metadata").put("name", user).put("namespace", OPEN);
    binding
        .putObject("roleRef")
        .put("apiGroup", "rbac.authorization.k8s.io")
        .put("kind", kind)
        .put("name", role);
    binding
        .putArray("subjects")
        .addObject()
        .put("apiGroup", "rbac.authorization.k8s.io")
        .put("kind", "User")
        .put("name", user);
    Installed.apply(plane().client(), binding);
  }

  @Test
  void aDefinitionIsDeletedOnPurposeOnly() {
    Kubectl admin = Kubectl.admin(plane(), requireNonNull(folder));
    assertThat(admin.run("delete", "crd", "vllmpolicies.ringfence.dev", "--dry-run=server").text())
        .contains(
            "deleting vllmpolicies.ringfence.dev would delete every VLLMPolicy and stop the engines");
    admin.run("annotate", "crd", "vllmpolicies.ringfence.dev", "ringfence.dev/allow-delete=true");
    assertThat(admin.run("delete", "crd", "vllmpolicies.ringfence.dev", "--dry-run=server").code())
        .isZero();
    admin.run("annotate", "crd", "vllmpolicies.ringfence.dev", "ringfence.dev/allow-delete-");
  }
}
