package dev.ringfence.e2e.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.readiness.Readiness;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.Test;

/** That the control plane does what Kubernetes does: the ground that the other suites stand on. */
@WithControlPlane
final class KubernetesIT {
  private final KubernetesClient client;
  private final TestNamespace namespace;

  KubernetesIT(KubernetesClient client, TestNamespace namespace) {
    this.client = client;
    this.namespace = namespace;
  }

  @Test
  void aDeploymentBecomesReadyPodsOnNodesWithGpus() {
    apply(deployment("engine", 3, "example/engine:1", ""));

    soon().until(() -> readyReplicas("engine") == 3);
    assertThat(pods("engine"))
        .hasSize(3)
        .allSatisfy(
            pod -> {
              assertThat(pod.getSpec().getNodeName()).startsWith("gpu-");
              assertThat(pod.getMetadata().getOwnerReferences().getFirst().getKind())
                  .isEqualTo("ReplicaSet");
              assertThat(pod.getStatus().getPodIP()).startsWith("239.128.");
              assertThat(pod.getStatus().getInitContainerStatuses().getFirst().getStarted())
                  .isTrue();
            });
  }

  @Test
  void aPodWaitsForTheGpuThatItAsksFor() {
    var resource = "example.com/" + namespace.name();
    apply(
        deployment("engine", 2, "example/engine:1", "")
            .replace("nvidia.com/gpu: 4", resource + ": 1"));
    soon()
        .untilAsserted(
            () ->
                assertThat(pods("engine"))
                    .hasSize(2)
                    .allSatisfy(
                        pod -> assertThat(scheduling(pod)).contains("Insufficient " + resource)));
    var node = client.resource(Simulation.node(namespace.name(), resource, 2)).create();
    try {
      soon().until(() -> readyReplicas("engine") == 2);
      assertThat(pods("engine"))
          .allSatisfy(pod -> assertThat(pod.getSpec().getNodeName()).isEqualTo(namespace.name()));
    } finally {
      client.resource(node).delete();
    }
  }

  @Test
  void aServiceFindsThePods() {
    apply(deployment("engine", 2, "example/engine:1", ""));
    apply(
        """
        apiVersion: v1
        kind: Service
        metadata: {name: engine}
        spec: {selector: {app: engine}, ports: [{port: 8080}]}
        """);
    soon()
        .untilAsserted(
            () ->
                assertThat(
                        client
                            .discovery()
                            .v1()
                            .endpointSlices()
                            .inNamespace(namespace.name())
                            .withLabel("kubernetes.io/service-name", "engine")
                            .list()
                            .getItems())
                    .flatExtracting(EndpointSlice::getEndpoints)
                    .hasSize(2)
                    .allSatisfy(e -> assertThat(e.getConditions().getReady()).isTrue()));
  }

  @Test
  void whatAnOwnerLeavesBehindIsCollected() {
    var owner =
        client
            .resource(
                new ConfigMapBuilder()
                    .withNewMetadata()
                    .withName("owner")
                    .withNamespace(namespace.name())
                    .endMetadata()
                    .build())
            .create();
    client
        .resource(
            new ConfigMapBuilder()
                .withNewMetadata()
                .withName("owned")
                .withNamespace(namespace.name())
                .addNewOwnerReference()
                .withApiVersion("v1")
                .withKind("ConfigMap")
                .withName("owner")
                .withUid(owner.getMetadata().getUid())
                .endOwnerReference()
                .endMetadata()
                .build())
        .create();
    client.resource(owner).delete();
    soon()
        .until(
            () ->
                client.configMaps().inNamespace(namespace.name()).withName("owned").get() == null);
  }

  @Test
  void aJobCompletesAndAnotherFails() {
    apply(job("good", ""));
    apply(job("bad", "simulation.ringfence.dev/pod: fail"));
    soon().until(() -> jobCondition("good").contains("Complete"));
    soon().until(() -> jobCondition("bad").contains("Failed"));
  }

  @Test
  void aClaimIsBoundWhenItsPodHasANode() {
    apply(
        """
        apiVersion: v1
        kind: PersistentVolumeClaim
        metadata: {name: model}
        spec:
          accessModes: [ReadWriteMany]
          resources: {requests: {storage: 40Gi}}
        """);
    apply(
        job("fetch", "")
            .replace(
                "volumes: []", "volumes: [{name: m, persistentVolumeClaim: {claimName: model}}]"));
    soon().until(() -> jobCondition("fetch").contains("Complete"));
    var claim =
        client.persistentVolumeClaims().inNamespace(namespace.name()).withName("model").get();
    assertThat(claim.getStatus().getPhase()).isEqualTo("Bound");
    var volume = claim.getSpec().getVolumeName();
    client.resource(claim).delete();
    client.batch().v1().jobs().inNamespace(namespace.name()).withName("fetch").delete();
    soon().until(() -> client.persistentVolumes().withName(volume).get() == null);
  }

  @Test
  void podSecurityRefusesAPrivilegedPod() {
    assertThatThrownBy(
            () ->
                apply(
                    """
                    apiVersion: v1
                    kind: Pod
                    metadata: {name: bad}
                    spec:
                      hostNetwork: true
                      containers: [{name: c, image: example/x, securityContext: {privileged: true}}]
                    """))
        .isInstanceOf(KubernetesClientException.class)
        .hasMessageContaining("violates PodSecurity \"restricted:latest\"")
        .hasMessageContaining("hostNetwork=true");
  }

  @Test
  void aValidatingAdmissionPolicyRefuses() {
    var name = "no-" + namespace.name();
    var labels = Map.of("policy", name);
    var other = namespace.another(labels);
    applyCluster(
        """
        apiVersion: admissionregistration.k8s.io/v1
        kind: ValidatingAdmissionPolicy
        metadata: {name: NAME}
        spec:
          failurePolicy: Fail
          matchConstraints:
            namespaceSelector: {matchLabels: {policy: NAME}}
            resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [secrets]}]
          validations: [{expression: "false", message: no secrets here}]
        ---
        apiVersion: admissionregistration.k8s.io/v1
        kind: ValidatingAdmissionPolicyBinding
        metadata: {name: NAME}
        spec: {policyName: NAME, validationActions: [Deny]}
        """
            .replace("NAME", name));
    try {
      // The API server takes a moment to see a new policy.
      soon()
          .untilAsserted(
              () ->
                  assertThatThrownBy(
                          () ->
                              client
                                  .resource(
                                      new SecretBuilder()
                                          .withNewMetadata()
                                          .withGenerateName("s-")
                                          .withNamespace(other)
                                          .endMetadata()
                                          .build())
                                  .create())
                      .hasMessageContaining("no secrets here"));
    } finally {
      client
          .admissionRegistration()
          .v1()
          .validatingAdmissionPolicyBindings()
          .withName(name)
          .delete();
      client.admissionRegistration().v1().validatingAdmissionPolicies().withName(name).delete();
    }
  }

  @Test
  void anotherUserHasOnlyTheRightsThatAreGiven(LocalControlPlane controlPlane) {
    try (var viewer = controlPlane.clientFor("viewer", "viewers")) {
      assertThatThrownBy(() -> viewer.configMaps().inNamespace(namespace.name()).list())
          .hasMessageContaining("User \"viewer\" cannot list resource \"configmaps\"");
      apply(
          """
          apiVersion: rbac.authorization.k8s.io/v1
          kind: RoleBinding
          metadata: {name: viewers}
          roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
          subjects: [{apiGroup: rbac.authorization.k8s.io, kind: Group, name: viewers}]
          """);
      soon()
          .ignoreExceptions()
          .untilAsserted(
              () ->
                  assertThat(viewer.configMaps().inNamespace(namespace.name()).list().getItems())
                      .isNotEmpty());
    }
  }

  /** How a pod ends up, by annotation and by image; and after the annotation has changed. */
  @Test
  void podsBehaveAsToldAndChangeTheirMind() {
    apply(
        deployment(
            "by-annotation", 1, "example/engine:1", "simulation.ringfence.dev/pod: never-ready"));
    apply(deployment("by-image", 1, "registry.example/simulate-crash/engine:1", ""));
    apply(deployment("stuck", 1, "example/engine:1", "simulation.ringfence.dev/pod: pending"));
    soon().until(() -> phases("by-annotation").equals(List.of("Running not ready")));
    soon().until(() -> phases("by-image").equals(List.of("Running not ready")));
    soon().until(() -> waiting("stuck").equals(List.of("ContainerCreating")));
    assertThat(waiting("by-image")).containsExactly("CrashLoopBackOff");

    behave("by-annotation", "ready");
    soon().until(() -> readyReplicas("by-annotation") == 1);
    behave("by-annotation", "crash");
    soon().until(() -> waiting("by-annotation").equals(List.of("CrashLoopBackOff")));
    assertThat(readyReplicas("by-annotation")).isZero();
    behave("stuck", "ready");
    soon().until(() -> readyReplicas("stuck") == 1);
  }

  private void behave(String app, String behaviour) {
    for (var pod : pods(app)) {
      client
          .resource(pod)
          .edit(
              p -> {
                p.getMetadata().getAnnotations().put(Simulation.POD_ANNOTATION, behaviour);
                return p;
              });
    }
  }

  private static String deployment(String name, int replicas, String image, String annotation) {
    return """
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: NAME}
    spec:
      replicas: REPLICAS
      selector: {matchLabels: {app: NAME}}
      template:
        metadata:
          labels: {app: NAME}
          annotations: {example: "true", ANNOTATION}
        spec:
          securityContext: {runAsNonRoot: true, runAsUser: 2000, seccompProfile: {type: RuntimeDefault}}
          initContainers:
          - name: sidecar
            image: example/sidecar:1
            restartPolicy: Always
            securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
          containers:
          - name: engine
            image: IMAGE
            securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
            resources: {limits: {nvidia.com/gpu: 4}}
          affinity:
            nodeAffinity:
              requiredDuringSchedulingIgnoredDuringExecution:
                nodeSelectorTerms:
                - matchExpressions:
                  - {key: ringfence.dev.node-restriction.kubernetes.io/no-swap, operator: In, values: ["true"]}
    """
        .replace("NAME", name)
        .replace("REPLICAS", Integer.toString(replicas))
        .replace("IMAGE", image)
        .replace("ANNOTATION", annotation);
  }

  private static String job(String name, String annotation) {
    return """
    apiVersion: batch/v1
    kind: Job
    metadata: {name: NAME}
    spec:
      backoffLimit: 0
      template:
        metadata:
          annotations: {example: "true", ANNOTATION}
        spec:
          restartPolicy: Never
          securityContext: {runAsNonRoot: true, runAsUser: 2000, seccompProfile: {type: RuntimeDefault}}
          volumes: []
          containers:
          - name: fetch
            image: example/fetch:1
            securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
    """
        .replace("NAME", name)
        .replace("ANNOTATION", annotation);
  }

  private void apply(String yaml) {
    client
        .load(new ByteArrayInputStream(yaml.getBytes(StandardCharsets.UTF_8)))
        .inNamespace(namespace.name())
        .create();
  }

  private void applyCluster(String yaml) {
    client.load(new ByteArrayInputStream(yaml.getBytes(StandardCharsets.UTF_8))).create();
  }

  private int readyReplicas(String name) {
    var ready =
        client
            .apps()
            .deployments()
            .inNamespace(namespace.name())
            .withName(name)
            .get()
            .getStatus()
            .getReadyReplicas();
    return ready == null ? 0 : ready;
  }

  private List<Pod> pods(String app) {
    return client
        .pods()
        .inNamespace(namespace.name())
        .withLabel("app", app)
        .list()
        .getItems()
        .stream()
        .filter(pod -> pod.getMetadata().getDeletionTimestamp() == null)
        .toList();
  }

  private List<String> phases(String app) {
    return pods(app).stream()
        .map(
            pod ->
                pod.getStatus().getPhase() + (Readiness.isPodReady(pod) ? " ready" : " not ready"))
        .toList();
  }

  private List<String> waiting(String app) {
    return pods(app).stream()
        .flatMap(pod -> pod.getStatus().getContainerStatuses().stream())
        .filter(status -> status.getState().getWaiting() != null)
        .map(status -> status.getState().getWaiting().getReason())
        .toList();
  }

  private List<String> jobCondition(String name) {
    return client
        .batch()
        .v1()
        .jobs()
        .inNamespace(namespace.name())
        .withName(name)
        .get()
        .getStatus()
        .getConditions()
        .stream()
        .map(c -> c.getType())
        .toList();
  }

  private static String scheduling(Pod pod) {
    return pod.getStatus().getConditions().stream()
        .filter(c -> c.getType().equals("PodScheduled"))
        .map(c -> String.valueOf(c.getMessage()))
        .findFirst()
        .orElse("");
  }

  private static ConditionFactory soon() {
    return await().pollInterval(Duration.ofMillis(50)).atMost(Duration.ofSeconds(60));
  }
}
