package dev.ringfence.e2e.kind;

import dev.ringfence.e2e.cluster.Binaries;
import dev.ringfence.e2e.cluster.ControlPlaneException;
import dev.ringfence.e2e.cluster.Folders;
import dev.ringfence.e2e.cluster.LogTail;
import dev.ringfence.e2e.cluster.Program;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * A Kubernetes cluster of real nodes, made by Kind: containers run in it. It lives as long as this
 * object, and never longer than this JVM, however that ends. It uses the Docker daemon that
 * answers, else one of its own; Kind's own node image where a registry can be reached, else one
 * that is made here.
 *
 * <p>Nodes are vouched for as free of swap, and those that take workloads have eight {@code
 * nvidia.com/gpu} each that are numbers only: no device is behind them.
 */
public final class KindCluster implements AutoCloseable {
  private static final String NO_SWAP = "ringfence.dev.node-restriction.kubernetes.io/no-swap";
  private static final int GPUS = 8;

  private final Docker docker;
  private final Optional<Keeper> keeper;
  private final String name;
  private final Path folder;
  private final Binaries binaries;
  private final KubernetesClient client;

  private KindCluster(
      Docker docker, Optional<Keeper> keeper, String name, Path folder, Binaries binaries) {
    this.docker = docker;
    this.keeper = keeper;
    this.name = name;
    this.folder = folder;
    this.binaries = binaries;
    try {
      this.client =
          new KubernetesClientBuilder()
              .withConfig(Config.fromKubeconfig(Files.readString(kubeconfig())))
              .build();
    } catch (IOException e) {
      throw new ControlPlaneException("cannot read the cluster's kubeconfig", e);
    }
  }

  /** Why no cluster can be had on this machine, or nothing; changes nothing. */
  public static Optional<String> missing() {
    return Docker.missing();
  }

  /**
   * Makes the node image that is used where no registry can be reached, unless it is in the cache.
   *
   * @return its archive
   */
  public static Path makeNodeImage(Consumer<String> progress) {
    try (var docker = Docker.open(progress)) {
      return NodeImage.archive(docker, progress);
    }
  }

  /**
   * Makes a cluster and returns when every node is Ready.
   *
   * @param nodes 1 to 9; of more than one, the first runs only the control plane
   * @param progress gets a line for each step that takes a while
   * @throws ControlPlaneException when it cannot be had; nothing is left then
   */
  public static KindCluster create(int nodes, Consumer<String> progress) {
    if (nodes < 1 || nodes > 9) {
      throw new IllegalArgumentException("1 to 9 nodes");
    }
    var docker = Docker.open(progress);
    try {
      var binaries =
          Binaries.resolve(List.of(Program.KIND, Program.KUBECTL), System.getenv(), progress);
      var folder =
          docker instanceof Docker.Own own
              ? Files.createDirectory(own.state().resolve("kind"))
              : Files.createTempDirectory("ringfence-kind-");
      try {
        return create(docker, binaries, folder, nodes, progress);
      } catch (IOException | RuntimeException | Error e) {
        Folders.delete(folder);
        throw e;
      }
    } catch (IOException e) {
      docker.close();
      throw new ControlPlaneException("cannot make a cluster", e);
    } catch (RuntimeException | Error e) {
      docker.close();
      throw e;
    }
  }

  private static KindCluster create(
      Docker docker, Binaries binaries, Path folder, int nodes, Consumer<String> progress)
      throws IOException {
    var name =
        docker instanceof Docker.Own
            ? "ringfence"
            : "ringfence-" + ProcessHandle.current().pid() + "-" + System.nanoTime() % 1000;
    var kind = binaries.of(Program.KIND).toString();
    // Our own daemon takes everything with it.
    Optional<Keeper> keeper =
        docker instanceof Docker.Own
            ? Optional.empty()
            : Optional.of(
                Keeper.start("cluster.sh", docker.environment(), kind, name, folder.toString()));
    try {
      boolean ordinary =
          docker instanceof Docker.Standing
              && tryOrdinary(docker, kind, name, folder, nodes, progress);
      if (!ordinary) {
        var archive = NodeImage.archive(docker, progress);
        if (!Command.run(
                docker.environment(), List.of("docker", "image", "inspect", NodeImage.name()))
            .ok()) {
          progress.accept("loading the node image");
          Command.must(
              docker.environment(), List.of("docker", "load", "-q", "-i", archive.toString()));
        }
        progress.accept("making a Kind cluster of %d node(s)".formatted(nodes));
        var configuration = configuration(folder, nodes, NodeImage.configuration());
        Command.must(
            docker.environment(),
            createCommand(kind, name, folder, configuration, List.of("--image", NodeImage.name())));
      }
      if (docker instanceof Docker.Own) {
        // What the daemon publishes is in its own namespace; the node itself can be reached.
        var kubeconfig = folder.resolve("kubeconfig");
        var address =
            Command.must(
                docker.environment(),
                List.of(
                    "docker",
                    "inspect",
                    "-f",
                    "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}",
                    name + "-control-plane"));
        Files.writeString(
            kubeconfig,
            Files.readString(kubeconfig)
                .replaceAll(
                    "server: https://127.0.0.1:\\d+", "server: https://" + address + ":6443"));
      }
      var cluster = new KindCluster(docker, keeper, name, folder, binaries);
      cluster.prepare();
      return cluster;
    } catch (IOException | RuntimeException | Error e) {
      keeper.ifPresent(Keeper::close);
      throw e;
    }
  }

  /** Whether a cluster of Kind's own node image is there now; not where it cannot be pulled. */
  private static boolean tryOrdinary(
      Docker docker, String kind, String name, Path folder, int nodes, Consumer<String> progress)
      throws IOException {
    if (Command.run(docker.environment(), List.of("docker", "image", "inspect", NodeImage.name()))
        .ok()) {
      return false;
    }
    progress.accept("making a Kind cluster of %d node(s), of Kind's own image".formatted(nodes));
    var made =
        Command.run(
            docker.environment(),
            createCommand(kind, name, folder, configuration(folder, nodes, ""), List.of()));
    if (made.ok()) {
      return true;
    }
    if (made.text().contains("failed to pull image")) {
      return false;
    }
    throw new ControlPlaneException(
        "kind create cluster failed:%n%s".formatted(LogTail.of(made.text(), 20)));
  }

  private static List<String> createCommand(
      String kind, String name, Path folder, Path configuration, List<String> more) {
    var command =
        new ArrayList<>(
            List.of(
                kind,
                "create",
                "cluster",
                "--name",
                name,
                "--config",
                configuration.toString(),
                "--kubeconfig",
                folder.resolve("kubeconfig").toString(),
                "--wait",
                "300s"));
    command.addAll(more);
    return command;
  }

  private static Path configuration(Path folder, int nodes, String patches) throws IOException {
    var text =
        new StringBuilder(
            """
            kind: Cluster
            apiVersion: kind.x-k8s.io/v1alpha4
            kubeadmConfigPatches:
            - |
              kind: KubeletConfiguration
              failCgroupV1: false
              # A changed Secret is in a running pod after as long, or half as long again; a minute
              # when nobody says so, which is most of what a suite would wait for.
              syncFrequency: 20s
            """);
    text.append(patches).append("nodes:\n- role: control-plane\n");
    text.append("- role: worker\n".repeat(nodes - 1));
    return Files.writeString(folder.resolve("kind.yaml"), text);
  }

  private void prepare() {
    for (var node : nodes()) {
      // kind does not wait for those that join.
      kubectl("wait", "--for=create", "node/" + node, "--timeout=180s");
      kubectl("label", "node", node, NO_SWAP + "=true", "--overwrite");
    }
    kubectl("wait", "--for=condition=Ready", "nodes", "--all", "--timeout=180s");
    workers().forEach(this::giveGpus);
    workers().forEach(this::awaitGpus);
    kubectl("-n", "kube-system", "rollout", "status", "deployment/coredns", "--timeout=180s");
  }

  /** Extended resources that nobody stands behind; a kubelet that starts again takes them away. */
  private void giveGpus(String node) {
    kubectl(
        "patch",
        "node",
        node,
        "--subresource=status",
        "--type=json",
        "-p",
        "[{\"op\":\"add\",\"path\":\"/status/capacity/nvidia.com~1gpu\",\"value\":\"%d\"}]"
            .formatted(GPUS));
  }

  /** The kubelet makes capacity allocatable when it next reports, within ten seconds. */
  private void awaitGpus(String node) {
    kubectl(
        "wait",
        "node/" + node,
        "--for=jsonpath={.status.allocatable.nvidia\\.com/gpu}=" + GPUS,
        "--timeout=60s");
  }

  /** A client of the cluster administrator; shared, not to be closed. */
  public KubernetesClient client() {
    return client;
  }

  /** The cluster administrator's kubeconfig file. */
  public Path kubeconfig() {
    return folder.resolve("kubeconfig");
  }

  /** The kubectl executable. */
  public Path kubectl() {
    return binaries.of(Program.KUBECTL);
  }

  /** What commands need to find this cluster, its daemon, {@code kind} and {@code kubectl}. */
  public Map<String, String> environment() {
    var all = new HashMap<>(docker.environment());
    all.put("KUBECONFIG", kubeconfig().toString());
    all.put("KIND_CLUSTER_NAME", name);
    all.put(
        "PATH",
        kubectl().resolveSibling("")
            + ":"
            + binaries.of(Program.KIND).resolveSibling("")
            + ":"
            + all.getOrDefault("PATH", ""));
    return Map.copyOf(all);
  }

  /** The names of all nodes, the control plane's first. */
  public List<String> nodes() {
    return Command.must(docker.environment(), List.of(kind(), "get", "nodes", "--name", name))
        .lines()
        .sorted((a, b) -> Boolean.compare(a.contains("worker"), b.contains("worker")))
        .toList();
  }

  /** The nodes that take workloads. */
  public List<String> workers() {
    var all = nodes();
    return all.size() == 1 ? all : all.subList(1, all.size());
  }

  /** Loads the images of an archive, OCI's or Docker's, into every node. */
  public void load(Path archive) {
    Command.must(
        docker.environment(),
        List.of(kind(), "load", "image-archive", archive.toString(), "--name", name));
  }

  /**
   * Runs a command on a node, as root, outside of every pod.
   *
   * @return what it printed, on both streams
   * @throws ControlPlaneException when it fails
   */
  public String onNode(String node, String... command) {
    var all = new ArrayList<>(List.of("docker", "exec", "--privileged", node));
    all.addAll(List.of(command));
    return Command.must(docker.environment(), all);
  }

  /** Restarts a node as a power failure would, and returns when it is Ready again. */
  public void restart(String node) {
    Command.must(docker.environment(), List.of("docker", "restart", "-t", "0", node));
    var end = System.nanoTime() + Duration.ofMinutes(3).toNanos();
    // Its former Ready condition stands until the new kubelet speaks.
    var started =
        Command.must(
            docker.environment(), List.of("docker", "inspect", "-f", "{{.State.StartedAt}}", node));
    var since = Instant.parse(started);
    while (System.nanoTime() < end) {
      var ready =
          Optional.ofNullable(client.nodes().withName(node).get()).stream()
              .flatMap(n -> n.getStatus().getConditions().stream())
              .anyMatch(
                  c ->
                      c.getType().equals("Ready")
                          && c.getStatus().equals("True")
                          && Instant.parse(c.getLastHeartbeatTime()).isAfter(since));
      if (ready) {
        if (workers().contains(node)) {
          giveGpus(node);
          awaitGpus(node);
        }
        return;
      }
      pause();
    }
    throw new ControlPlaneException(node + " is not Ready three minutes after its restart");
  }

  /** Writes every node's journal, container logs and containers to a folder. */
  public void exportLogs(Path target) {
    Command.run(
        docker.environment(), List.of(kind(), "export", "logs", target.toString(), "--name", name));
  }

  /** Deletes the cluster; returns when nothing of it is left. */
  @Override
  public void close() {
    client.close();
    keeper.ifPresent(Keeper::close);
    docker.close();
    try {
      Folders.delete(folder);
    } catch (IOException e) {
      throw new ControlPlaneException("cannot remove " + folder, e);
    }
  }

  private void kubectl(String... arguments) {
    var command =
        new ArrayList<>(List.of(kubectl().toString(), "--kubeconfig", kubeconfig().toString()));
    command.addAll(List.of(arguments));
    Command.must(Map.of(), command);
  }

  private String kind() {
    return binaries.of(Program.KIND).toString();
  }

  private static void pause() {
    try {
      TimeUnit.MILLISECONDS.sleep(250);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ControlPlaneException("interrupted while a node started", e);
    }
  }
}
