package dev.ringfence.e2e.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ringfence.e2e.cluster.LocalControlPlane;
import dev.ringfence.e2e.cluster.TestNamespace;
import dev.ringfence.e2e.cluster.WithControlPlane;
import dev.ringfence.resources.RawWorkload;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What other people's mutating admission does to our own writes. */
@WithControlPlane
final class MutationIT {
  private final LocalControlPlane plane;
  private final TestNamespace namespace;
  private final Bench bench;

  MutationIT(LocalControlPlane plane, TestNamespace namespace) {
    this.plane = plane;
    this.namespace = namespace;
    this.bench = new Bench(plane, Set.of(namespace.name()));
  }

  @BeforeEach
  void start() {
    bench.apply(Samples.policy());
    bench.apply(Samples.imageModel("mistral"));
    bench.start();
  }

  @AfterEach
  void stop() {
    mutations("[]").forEach(object -> bench.client().resource(object).delete());
    bench.close();
  }

  /** A MutatingAdmissionPolicy over this namespace's Deployments. */
  private List<GenericKubernetesResource> mutations(String patch) {
    return List.of(
        Samples.read(
            """
            apiVersion: admissionregistration.k8s.io/v1
            kind: MutatingAdmissionPolicy
            metadata: {name: "mutates-%1$s"}
            spec:
              failurePolicy: Fail
              reinvocationPolicy: Never
              matchConstraints:
                namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: "%1$s"}}
                resourceRules:
                - {apiGroups: [apps], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [deployments]}
              mutations:
              - patchType: JSONPatch
                jsonPatch:
                  expression: >-
                    %2$s
            """
                .formatted(namespace.name(), patch),
            GenericKubernetesResource.class),
        Samples.read(
            """
            apiVersion: admissionregistration.k8s.io/v1
            kind: MutatingAdmissionPolicyBinding
            metadata: {name: "mutates-%1$s"}
            spec: {policyName: "mutates-%1$s"}
            """
                .formatted(namespace.name()),
            GenericKubernetesResource.class));
  }

  /** Applies the policy and waits until the API server follows it. */
  private void mutate(String patch) {
    mutations(patch).forEach(object -> bench.client().resource(object).serverSideApply());
    Deployment probe =
        Samples.read(
            """
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: probe, namespace: "%s"}
            spec:
              replicas: 0
              selector: {matchLabels: {a: b}}
              template:
                metadata: {labels: {a: b}, annotations: {c: d}}
                spec: {containers: [{name: x, image: example/x}], terminationGracePeriodSeconds: 30}
            """
                .formatted(namespace.name()),
            Deployment.class);
    String plain = pod(probe);
    Bench.until(
        "the mutating policy is in force",
        () -> !pod(bench.client().resource(probe).dryRun().create()).equals(plain));
  }

  private static String pod(Deployment deployment) {
    return deployment.getSpec().getTemplate().getSpec().getTerminationGracePeriodSeconds()
        + " "
        + deployment.getSpec().getTemplate().getMetadata().getAnnotations();
  }

  private List<Deployment> engines() {
    return bench.client().apps().deployments().inNamespace(namespace.name()).list().getItems();
  }

  @Test
  void whatItWouldChangeOfAnEngineIsNotWrittenAndNamed() {
    mutate(
        "[JSONPatch{op: \"add\", path: \"/spec/template/spec/terminationGracePeriodSeconds\", value: 1}]");
    RawWorkload chat = bench.apply(Samples.workload(namespace.name(), "chat", "mistral", "acme"));
    bench.awaitCondition(chat, "Stalled", "True/AdmissionMutates");
    assertThat(bench.message(chat, "Stalled"))
        .contains(
            "Deployment chat--acme would be changed at spec.template.spec.terminationGracePeriodSeconds")
        .contains("exclude namespace " + namespace.name());
    assertThat(engines()).isEmpty();

    mutations("[]").forEach(object -> bench.client().resource(object).delete());
    Bench.until(
        "written once nothing changes it any more",
        Duration.ofSeconds(60),
        () -> {
          bench.poke(chat);
          Bench.pause(Duration.ofSeconds(1));
          return !engines().isEmpty();
        });
    bench.awaitReady(chat);
  }

  @Test
  void anAnnotationIsTheirsAndNeverFoughtOver() {
    mutate(
        "[JSONPatch{op: \"add\", path: \"/spec/template/metadata/annotations/example.com~1injected\", value: \"yes\"}]");
    RawWorkload chat = bench.apply(Samples.workload(namespace.name(), "chat", "mistral", "acme"));
    bench.awaitReady(chat);
    assertThat(engines().getFirst().getSpec().getTemplate().getMetadata().getAnnotations())
        .containsEntry("example.com/injected", "yes");
    Bench.pause(Duration.ofSeconds(1));
    var mark = plane.auditLog().mark();
    for (int i = 0; i < 3; i++) {
      bench.poke(chat);
      Bench.pause(Duration.ofMillis(500));
    }
    assertThat(
            plane
                .auditLog()
                .between(
                    mark,
                    plane.auditLog().mark(),
                    e ->
                        e.isWrite()
                            && e.user().equals(Bench.OPERATOR)
                            && e.namespace().equals(namespace.name())))
        .isEmpty();

    bench.change(
        engines().getFirst(), d -> d.getSpec().getTemplate().getSpec().setHostNetwork(true));
    Bench.until(
        "what is not an annotation is put back beside it",
        () ->
            !Boolean.TRUE.equals(
                engines().getFirst().getSpec().getTemplate().getSpec().getHostNetwork()));
    assertThat(bench.condition(chat, "Stalled")).isEmpty();
  }
}
