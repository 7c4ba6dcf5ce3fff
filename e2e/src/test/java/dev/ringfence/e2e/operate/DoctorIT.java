package dev.ringfence.e2e.operate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ringfence.doctor.Doctor;
import dev.ringfence.doctor.DoctorReport;
import dev.ringfence.doctor.Facts;
import dev.ringfence.doctor.Finding;
import dev.ringfence.e2e.cluster.ControlPlaneOptions;
import dev.ringfence.e2e.cluster.LocalControlPlane;
import dev.ringfence.e2e.cluster.Simulation;
import dev.ringfence.e2e.reconcile.Bench;
import dev.ringfence.e2e.reconcile.Samples;
import dev.ringfence.inspect.Answer;
import dev.ringfence.inspect.Api;
import dev.ringfence.resources.RawPolicy;
import dev.ringfence.resources.RawWorkload;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * From an empty real API server to a workload that is ready, led by doctor alone: what it names
 * first is mended, where it can be by the very command that it prints, until nothing is lacking.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class DoctorIT {
  private static final String CANARY = "sha256:" + "c0ffee00".repeat(8);
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final LocalControlPlane plane =
      LocalControlPlane.start(ControlPlaneOptions.DEFAULTS.withNodes(2, 0));
  private final KubernetesClient client = plane.client();
  private final Api api = new Api(client);
  private final Shell shell = Shell.with(plane.kubeconfig());

  @AfterAll
  void stop() {
    plane.close();
  }

  private List<Finding> examine(Api as) {
    return Doctor.examine(Facts.read(as, Bench.NAMESPACE, Optional.of("team-a")), Instant.now());
  }

  private Finding first() {
    return examine(api).stream()
        .filter(f -> f.state() == Finding.State.LACKS)
        .findFirst()
        .orElseThrow(() -> new AssertionError("nothing is lacking"));
  }

  private void firstIs(String what, String says) {
    Finding finding = first();
    assertThat(finding.what() + ": " + finding.text()).startsWith(what).contains(says);
  }

  /** Runs the last command that the first finding prints, as it stands there. */
  private void mend() {
    Finding finding = first();
    String command = finding.mend().get(finding.mend().size() - 1);
    assertThat(command).startsWith("kubectl ");
    shell.bash(command.replaceFirst("kubectl", plane.kubectl().toString())).ok();
  }

  @Test
  void leadsFromAnEmptyClusterToAReadyWorkload() {
    firstIs("definitions", "vllmdeployments.ringfence.dev");
    mend();
    Bench.until("the kinds are served", () -> !first().what().equals("definitions"));
    firstIs("operator", "no operator runs");
    client.resource(namespace(Bench.NAMESPACE, Map.of())).create();

    Process operator =
        shell.start(
            "operator",
            "--listen",
            "127.0.0.1:0",
            "--guard-image",
            Samples.GUARD_IMAGE,
            "--no-guard-state");
    try {
      Bench.until("a leader", PATIENCE, () -> !first().what().equals("operator"));
      firstIs("policy", "there is no VLLMPolicy called default");
      client
          .resource(
              Samples.read(
                  """
                  apiVersion: ringfence.dev/v1alpha1
                  kind: VLLMPolicy
                  metadata: {name: default}
                  spec: {}
                  """,
                  RawPolicy.class))
          .serverSideApply();
      firstIs("engine image", "the policy lists none");
      client.resource(Samples.policy()).forceConflicts().serverSideApply();

      unlabel();
      firstIs("no-swap label", Simulation.NO_SWAP_LABEL);
      mend();
      swap("8589934592");
      firstIs("no-swap label", "vouched for as swap-free, and reports swap of 8589934592");
      swap("0");

      firstIs("models", "lists no model");
      client.resource(Samples.imageModel("mistral")).serverSideApply();
      firstIs("namespace", "there is no team-a");
      mend();
      firstIs("namespace", "does not enforce");
      mend();
      firstIs("workloads", "there is none in team-a");
      client.resource(Samples.workload("team-a", "chat", "mistral", "acme")).serverSideApply();
      firstIs("keys", "there is no Secret team-a/");
      String secret =
          client
              .resources(RawWorkload.class)
              .inNamespace("team-a")
              .withName("chat")
              .require()
              .spec()
              .at("/tenants/0/apiKeySecretRef/name")
              .asText();
      client
          .resource(
              new SecretBuilder()
                  .withNewMetadata()
                  .withName(secret)
                  .withNamespace("team-a")
                  .endMetadata()
                  .addToStringData("alice", CANARY)
                  .build())
          .create();
      Bench.until("nothing is lacking", () -> DoctorReport.exitCode(examine(api)) == 0);
      says();
      nothingOfASecretIsRead(secret);
      whoMayNotReadIsToldSo();
    } finally {
      Shell.end(operator);
    }
  }

  /** The commands themselves, as processes, with their exit codes. */
  private void says() {
    Shell.Ended doctor = shell.ringfence("doctor", "-n", "team-a");
    assertThat(doctor.text()).contains("nothing is lacking");
    assertThat(doctor.code()).isZero();
    Shell.Ended why = shell.ringfence("why", "chat", "-n", "team-a");
    assertThat(why.text()).startsWith("team-a/chat is ready: 1 of 1 tenants are served");
    assertThat(why.code()).isZero();
    assertThat(shell.ringfence("tree", "chat", "-n", "team-a").text())
        .contains("Deployment chat--acme  1/1", "Pod chat--acme-", "out to nobody");
    Shell.Ended evidence = shell.ringfence("evidence", "chat", "-n", "team-a");
    assertThat(evidence.text()).contains("VLLM-101  kept", "VLLM-702  kept", " 0 broken");
    assertThat(evidence.code()).isZero();
    assertThat(shell.ringfence("keys", "chat", "-n", "team-a").text()).contains("acme");
    Shell.Ended none = shell.ringfence("why", "nothing", "-n", "team-a");
    assertThat(none.code()).isEqualTo(2);
    assertThat(none.text())
        .isEqualTo(
            "ringfence: there is no VLLMDeployment nothing in team-a; kubectl get vllm -A shows"
                + " all\n");
  }

  private void nothingOfASecretIsRead(String secret) {
    Answer answer = api.metadata("/api/v1/namespaces/team-a/secrets/" + secret);
    assertThat(answer.json().path("kind").asText()).isEqualTo("PartialObjectMetadata");
    assertThat(answer.json().has("data")).isFalse();
    assertThat(answer.json().toString()).doesNotContain("c0ffee", CANARY);
    for (String command :
        List.of("doctor", "tree chat", "why chat", "keys chat", "evidence chat")) {
      String[] words = (command + " -n team-a").split(" ", -1);
      assertThat(shell.ringfence(words).text()).doesNotContain("c0ffee");
    }
  }

  private void whoMayNotReadIsToldSo() {
    try (KubernetesClient nobody = plane.clientFor("nobody")) {
      List<Finding> findings = examine(new Api(nobody));
      assertThat(findings)
          .filteredOn(f -> f.state() == Finding.State.UNKNOWN)
          .extracting(Finding::what)
          .contains("operator", "policy", "nodes", "models", "namespace");
      assertThat(DoctorReport.text("x", findings)).doesNotContain("Exception");
    }
    Shell.Ended closed =
        Shell.with(plane.kubeconfigFor("nobody")).ringfence("why", "chat", "-n", "team-a");
    assertThat(closed.code()).isEqualTo(2);
    assertThat(closed.text()).contains("you may not read VLLMDeployments in team-a");
  }

  private void unlabel() {
    client
        .nodes()
        .list()
        .getItems()
        .forEach(
            n ->
                client
                    .nodes()
                    .withName(n.getMetadata().getName())
                    .edit(
                        node -> {
                          node.getMetadata().getLabels().remove(Simulation.NO_SWAP_LABEL);
                          return node;
                        }));
  }

  private void swap(String bytes) {
    String node =
        client
            .nodes()
            .withLabel(Simulation.NO_SWAP_LABEL, "true")
            .list()
            .getItems()
            .get(0)
            .getMetadata()
            .getName();
    shell
        .run(
            plane.kubectl().toString(),
            "patch",
            "node",
            node,
            "--subresource=status",
            "--type=merge",
            "-p",
            "{\"status\":{\"nodeInfo\":{\"swap\":{\"capacity\":" + bytes + "}}}}")
        .ok();
  }

  private static io.fabric8.kubernetes.api.model.Namespace namespace(
      String name, Map<String, String> labels) {
    return new NamespaceBuilder()
        .withNewMetadata()
        .withName(name)
        .withLabels(labels)
        .endMetadata()
        .build();
  }
}
