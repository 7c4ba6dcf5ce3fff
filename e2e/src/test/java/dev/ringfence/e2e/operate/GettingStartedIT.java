package dev.ringfence.e2e.operate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ringfence.e2e.cluster.Binaries;
import dev.ringfence.e2e.cluster.ControlPlaneOptions;
import dev.ringfence.e2e.cluster.LocalControlPlane;
import dev.ringfence.e2e.cluster.Program;
import dev.ringfence.e2e.engine.StandInModel;
import dev.ringfence.e2e.kind.KindCluster;
import dev.ringfence.e2e.reconcile.Bench;
import dev.ringfence.e2e.reconcile.Samples;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The commands of docs/getting-started.md as they stand there. {@code ./ringfence} is this test's
 * own classes, so that nothing is built while tests run; nodes, GPUs and pods are simulated.
 */
final class GettingStartedIT {
  private static final int MOST_COMMANDS = 6;

  /** A Kind cluster and images are made in it. */
  private static final int PATIENCE_SECONDS = 900;

  /** The lines of the page's block that is marked so. */
  private static List<String> block(String mark) throws IOException {
    List<String> lines = new ArrayList<>();
    boolean in = false;
    for (String line : Files.readAllLines(Shell.ROOT.resolve("docs/getting-started.md"))) {
      if (line.equals("```")) {
        in = false;
      } else if (in) {
        lines.add(line);
      }
      in |= line.equals("```sh " + mark);
    }
    assertThat(lines).isNotEmpty();
    return lines;
  }

  /** A folder like a checkout, whose ./ringfence runs these classes. */
  private static Shell checkout(Path folder, Map<String, String> environment) throws IOException {
    for (String name : List.of("crds", "deploy", "docs")) {
      Files.createSymbolicLink(folder.resolve(name), Shell.ROOT.resolve(name));
    }
    Path launcher = folder.resolve("ringfence");
    Files.writeString(
        launcher,
        """
        #!/bin/bash
        case $1 in
          guard | fetch | verify | trust) main=dev.ringfence.guard.Main ;;
          local | demo | kind) main=dev.ringfence.e2e.Main ;;
          images) main=dev.ringfence.e2e.Main; shift; set -- images --app '%s' "$@" ;;
          *) main=dev.ringfence.cli.Ringfence ;;
        esac
        exec '%s' -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -cp '%s' $main "$@"
        """
            .formatted(
                Shell.ROOT,
                Path.of(System.getProperty("java.home"), "bin", "java"),
                System.getProperty("java.class.path")));
    Files.setPosixFilePermissions(launcher, PosixFilePermissions.fromString("rwx------"));
    return new Shell(folder, environment, PATIENCE_SECONDS);
  }

  @Test
  void onThisMachine(@TempDir Path folder) throws IOException {
    Shell shell = checkout(folder, Map.of("RINGFENCE_STATE", folder.resolve("state").toString()));
    StringBuilder script = new StringBuilder("set -eu\ntrap './ringfence local down' EXIT\n");
    for (String line : block("local")) {
      // The first doctor finds much, which is what it is asked for.
      script.append(line.equals("./ringfence doctor") ? line + " || [ $? = 1 ]" : line);
      script.append('\n');
    }
    Shell.Ended ended = shell.bash(script.toString());
    assertThat(ended.code()).as(ended.text()).isZero();
    assertThat(ended.text())
        .contains("LACKS  definitions")
        .contains("team-support/support-chat is ready: 1 of 1 tenants are served")
        .contains("Deployment support-chat--acme  1/1")
        .contains(" 0 broken");
  }

  /** From nothing to an answer: a cluster, the chart by helm, a sample, a chat. */
  @Test
  @Tag("kind")
  void onKind(@TempDir Path folder) throws IOException {
    KindCluster.missing().ifPresent(reason -> Assumptions.abort(reason));
    Path helm =
        Binaries.resolve(List.of(Program.HELM), System.getenv(), System.err::println)
            .of(Program.HELM);
    Shell shell = checkout(folder, Map.of("PATH", helm.getParent() + ":" + System.getenv("PATH")));
    List<String> outside = block("kind");
    assertThat(outside).hasSize(2);
    shell.bash(outside.get(0)).ok();
    Path inside =
        Files.writeString(
            folder.resolve("inside.sh"),
            "set -eux\n" + String.join("\n", block("kind-inside")) + "\n");
    Shell.Ended ended = shell.bash(outside.get(1) + " -- bash " + inside).ok();
    assertThat(ended.text()).contains("20 + 22 is 42.");
  }

  @Test
  void atMostSixCommandsToAFirstAnswer(@TempDir Path folder) throws IOException {
    List<String> commands = block("gpu");
    assertThat(commands).hasSizeLessThanOrEqualTo(MOST_COMMANDS);
    assertThat(commands).noneMatch(c -> c.contains("&&") || c.contains(";") || c.contains("|"));
    assertThat(commands.get(0)).startsWith("helm install ");
    assertThat(commands.get(5)).startsWith("./ringfence chat ");

    Path model = Files.createDirectory(folder.resolve("tiny-model"));
    StandInModel.plain().write(model);
    try (LocalControlPlane plane =
        LocalControlPlane.start(ControlPlaneOptions.DEFAULTS.withNodes(1, 0))) {
      Shell shell =
          checkout(
              folder,
              Map.of(
                  "KUBECONFIG",
                  plane.kubeconfig().toString(),
                  "PATH",
                  plane.kubectl().getParent() + ":" + System.getenv("PATH")));
      // Stands in for the chart, which has a suite of its own.
      shell.bash("kubectl apply --server-side -f deploy/helm/ringfence/crds/").ok();
      plane
          .client()
          .resource(
              new NamespaceBuilder()
                  .withNewMetadata()
                  .withName(Bench.NAMESPACE)
                  .endMetadata()
                  .build())
          .create();
      shell
          .bash(
              "kubectl wait --for=condition=Established --timeout=60s -f deploy/helm/ringfence/crds/")
          .ok();
      Process operator =
          shell.start(
              "operator",
              "--listen",
              "127.0.0.1:0",
              "--guard-image",
              Samples.GUARD_IMAGE,
              "--no-guard-state");
      try {
        String node = plane.client().nodes().list().getItems().get(0).getMetadata().getName();
        for (String command : commands.subList(1, 5)) {
          shell
              .bash(
                  command
                      .replace(" NODE ", " --overwrite " + node + " ")
                      .replace("Qwen/Qwen2.5-0.5B-Instruct@COMMIT", model.toString())
                      .replace("docker.io/vllm/vllm-openai@sha256:DIGEST", Samples.IMAGE))
              .ok();
        }
        // Where a folder was vouched for, somebody has filled a claim from it.
        shell
            .bash(
                """
                kubectl apply -n team-a -f - <<'END'
                apiVersion: v1
                kind: PersistentVolumeClaim
                metadata: {name: models}
                spec: {accessModes: [ReadWriteMany], resources: {requests: {storage: 1Gi}}}
                END
                """)
            .ok();
        shell.bash("kubectl wait --for=condition=Ready --timeout=120s vllm/chat -n team-a").ok();
        assertThat(Files.readString(folder.resolve("alice.key"))).startsWith("rf-");
        assertThat(Files.readString(folder.resolve("starter.yaml")))
            .doesNotContain("\"<")
            .doesNotContain(Files.readString(folder.resolve("alice.key")).strip());
        assertThat(shell.ringfence("doctor", "-n", "team-a").text()).contains("nothing is lacking");
      } finally {
        Shell.end(operator);
      }
    }
  }
}
