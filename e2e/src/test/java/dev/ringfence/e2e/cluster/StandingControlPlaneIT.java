package dev.ringfence.e2e.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ringfence.e2e.Main;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code local up}, {@code env} and {@code down}, as a person types them. */
final class StandingControlPlaneIT {
  @TempDir private Path state;

  @AfterEach
  void down() throws Exception {
    ringfence("local", "down");
  }

  @Test
  void upTwiceEnvAndDownTwice() throws Exception {
    assertThat(ringfence("local", "env"))
        .isEqualTo(
            new ForkedJvm.Result(
                1, "The control plane is not up. Start it: ./ringfence local up\n"));

    var up = ringfence("local", "up", "--nodes", "2");
    assertThat(up.output()).startsWith("The control plane is up (");
    assertThat(up.exitCode()).isZero();
    assertThat(ringfence("local", "up").output()).startsWith("The control plane is already up.");

    var nodes = shell("kubectl get nodes -o name && kubectl version");
    assertThat(nodes.output())
        .contains("node/gpu-0\nnode/gpu-1\n")
        .contains("Client Version: v1.36.3")
        .contains("Server Version: v1.36.3");
    assertThat(ringfence("audit").output())
        .contains("admin create nodes 201")
        .endsWith("writes in all\n");

    var processes = recorded();
    assertThat(processes).hasSize(5);
    assertThat(ringfence("local", "down"))
        .isEqualTo(new ForkedJvm.Result(0, "The control plane is down.\n"));
    assertThat(processes).noneMatch(ProcessHandle::isAlive);
    assertThat(state.resolve("local")).doesNotExist();
    assertThat(ringfence("local", "down"))
        .isEqualTo(new ForkedJvm.Result(0, "The control plane was not up.\n"));
  }

  @Test
  void upAfterACrashStartsAnewAndLeavesNothingOfTheOld() throws Exception {
    ringfence("local", "up", "--nodes", "1");
    var old = recorded();
    var apiServer =
        Long.parseLong(
            Files.readString(state.resolve("local/pids/kube-apiserver@kube-apiserver")).strip());
    assertThat(old).extracting(ProcessHandle::pid).contains(apiServer);
    ProcessHandle.of(apiServer).orElseThrow().destroyForcibly();
    assertThat(ringfence("local", "env").exitCode()).isEqualTo(1);

    assertThat(ringfence("local", "up", "--nodes", "1").output())
        .startsWith("The control plane is up (");
    assertThat(old).noneMatch(ProcessHandle::isAlive);
    assertThat(shell("kubectl get nodes -o name").output()).isEqualTo("node/amd-0\nnode/gpu-0\n");
  }

  /** A pid file that outlived its process: the number belongs to somebody else now. */
  @Test
  void downLeavesOtherPeoplesProcessesAlone() throws Exception {
    var bystander = new ProcessBuilder("/bin/sleep", "600").start();
    try {
      Files.createDirectories(state.resolve("local/pids"));
      Files.writeString(state.resolve("local/pids/etcd@etcd"), bystander.pid() + "\n");
      assertThat(ringfence("local", "down").output()).isEqualTo("The control plane is down.\n");
      assertThat(bystander.isAlive()).isTrue();
    } finally {
      bystander.destroyForcibly();
    }
  }

  /** What the demo does with the operator. */
  static final class Beside {
    private Beside() {}

    public static void main(String[] args) {
      var standing = StandingControlPlane.find().orElseThrow();
      for (int i = 0; i < 2; i++) {
        standing.startBeside(
            "companion", List.of("/bin/sleep", "600"), Map.of("COMPANION", "number " + i));
      }
      System.out.println(standing.runs("companion") + " " + standing.runs("nobody"));
    }
  }

  @Test
  void aProgramBesideLivesAsLongAsTheControlPlaneAndOnlyOnce() throws Exception {
    ringfence("local", "up", "--nodes", "1");
    var before = recorded();
    var environment = Map.of("RINGFENCE_STATE", state.toString());
    assertThat(ForkedJvm.run(environment, Beside.class).output()).endsWith("true false\n");
    var companions = recorded();
    companions.removeAll(before);
    assertThat(companions).hasSize(1).allMatch(ProcessHandle::isAlive);
    assertThat(ringfence("local", "up").output()).startsWith("The control plane is already up.");
    ringfence("local", "down");
    assertThat(companions).noneMatch(ProcessHandle::isAlive);
  }

  private List<ProcessHandle> recorded() throws IOException {
    try (var files = Files.list(state.resolve("local/pids"))) {
      return files
          .map(
              file -> {
                try {
                  return Long.parseLong(Files.readString(file).strip());
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              })
          .map(pid -> ProcessHandle.of(pid).orElseThrow())
          .collect(Collectors.toCollection(ArrayList::new));
    }
  }

  private ForkedJvm.Result ringfence(String... arguments) throws IOException, InterruptedException {
    return ForkedJvm.run(Map.of("RINGFENCE_STATE", state.toString()), Main.class, arguments);
  }

  /** Runs a script in a shell that has evaluated {@code local env}. */
  private ForkedJvm.Result shell(String script) throws IOException, InterruptedException {
    var environment = ringfence("local", "env");
    assertThat(environment.exitCode()).as(environment.output()).isZero();
    var process =
        new ProcessBuilder("/bin/sh", "-c", environment.output() + script)
            .redirectErrorStream(true)
            .start();
    process.getOutputStream().close();
    var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
    return new ForkedJvm.Result(process.exitValue(), output);
  }
}
