package dev.ringfence.e2e.cluster;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;

/** Brings a control plane up: certificates, etcd, API server, then controllers and simulation. */
final class Bootstrap {
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final int PORT_ATTEMPTS = 5;

  private final ControlPlaneFolder folder;
  private final Binaries binaries;
  private final Children children;
  private final ControlPlaneOptions options;
  private final CertificateAuthority authority = CertificateAuthority.create();
  private final List<Children.Child> started = new ArrayList<>();

  private Bootstrap(
      ControlPlaneFolder folder,
      Binaries binaries,
      Children children,
      ControlPlaneOptions options) {
    this.folder = folder;
    this.binaries = binaries;
    this.children = children;
    this.options = options;
  }

  static List<Program> programs(ControlPlaneOptions options) {
    return options.controllers()
        ? Program.CONTROL_PLANE
        : List.of(Program.ETCD, Program.KUBE_APISERVER, Program.KUBECTL);
  }

  /**
   * @param folder empty, readable by its owner only
   * @throws ControlPlaneException when a program ends or is not ready within two minutes
   */
  static void start(
      ControlPlaneFolder folder, Binaries binaries, Children children, ControlPlaneOptions options)
      throws IOException {
    new Bootstrap(folder, binaries, children, options).start();
  }

  private void start() throws IOException {
    folder.create();
    writePki();
    started.add(children.start(Program.ETCD, binaries.of(Program.ETCD), etcd()));
    var server = startApiServer();
    if (options.controllers()) {
      startControllers(server);
    }
  }

  private void writePki() throws IOException {
    var server =
        authority.server(
            "kube-apiserver",
            List.of(
                "localhost",
                "127.0.0.1",
                "10.96.0.1",
                "kubernetes",
                "kubernetes.default",
                "kubernetes.default.svc"));
    folder.write("pki/ca.crt", authority.certificate());
    folder.write("pki/ca.key", authority.key());
    folder.write("pki/server.crt", server.certificate());
    folder.write("pki/server.key", server.key());
    folder.write("pki/tokens.key", CertificateAuthority.newKey());
    folder.write("audit-policy.yaml", Simulation.resource("audit-policy.yaml"));
  }

  // A socket in the folder needs no port and no certificate, and only the owner can reach it. The
  // path is relative, since a socket's path may have about a hundred characters only.
  private static List<String> etcd() {
    return List.of(
        "--data-dir=etcd",
        "--unsafe-no-fsync",
        "--log-level=warn",
        "--listen-client-urls=unix://etcd.sock:0",
        "--advertise-client-urls=unix://etcd.sock:0",
        "--listen-peer-urls=unix://etcd-peer.sock:0",
        "--initial-advertise-peer-urls=http://localhost:2380",
        "--initial-cluster=default=http://localhost:2380");
  }

  /** Returns the server's URL. A port that another process took in between is tried again. */
  private String startApiServer() throws IOException {
    for (int attempt = 1; ; attempt++) {
      int port = freePort();
      var server = "https://127.0.0.1:" + port;
      var config = kubeconfig(server, "kubeconfig", "admin", "system:masters");
      var child =
          children.start(
              Program.KUBE_APISERVER, binaries.of(Program.KUBE_APISERVER), apiServer(port));
      try (var client = client(config)) {
        started.add(child);
        awaitReady(started, client);
        return server;
      } catch (ControlPlaneException e) {
        if (!child.portWasTaken() || attempt == PORT_ATTEMPTS) {
          throw e;
        }
        started.remove(child);
        Files.delete(child.log());
      }
    }
  }

  private List<String> apiServer(int port) {
    var flags =
        new ArrayList<>(
            List.of(
                "--etcd-servers=unix://etcd.sock:0",
                "--bind-address=127.0.0.1",
                "--advertise-address=127.0.0.1",
                "--secure-port=" + port,
                "--endpoint-reconciler-type=none",
                "--service-cluster-ip-range=10.96.0.0/16",
                "--tls-cert-file=pki/server.crt",
                "--tls-private-key-file=pki/server.key",
                "--client-ca-file=pki/ca.crt",
                "--service-account-issuer=https://kubernetes.default.svc",
                "--service-account-key-file=pki/tokens.key",
                "--service-account-signing-key-file=pki/tokens.key",
                "--authorization-mode=Node,RBAC",
                "--enable-admission-plugins=NodeRestriction",
                "--allow-privileged=true",
                "--kubelet-preferred-address-types=InternalIP",
                "--profiling=false",
                "--audit-policy-file=audit-policy.yaml",
                "--audit-log-path=audit.log",
                "--audit-log-maxsize=1024",
                "--audit-log-maxbackup=1"));
    gates().ifPresent(flags::add);
    flags.addAll(options.apiServerFlags());
    return flags;
  }

  private void startControllers(String server) throws IOException {
    kubeconfig(server, "users/kube-controller-manager", "system:kube-controller-manager");
    kubeconfig(server, "users/kube-scheduler", "system:kube-scheduler");
    // A kubelet is in the group system:nodes; admission policies that let kubelets write pods'
    // status
    // let the simulation do so, too. It is no node's own identity, as it plays them all.
    kubeconfig(server, "users/kwok", "kwok", "system:nodes", "system:masters");
    folder.write("kwok.yaml", Simulation.stages(options));

    var manager =
        new ArrayList<>(
            List.of(
                "--kubeconfig=users/kube-controller-manager",
                "--service-account-private-key-file=pki/tokens.key",
                "--root-ca-file=pki/ca.crt",
                "--use-service-account-credentials=true",
                "--leader-elect=false",
                "--secure-port=0",
                "--kube-api-qps=200",
                "--kube-api-burst=400"));
    var scheduler =
        new ArrayList<>(
            List.of(
                "--kubeconfig=users/kube-scheduler",
                "--leader-elect=false",
                "--secure-port=0",
                "--kube-api-qps=200",
                "--kube-api-burst=400"));
    gates().ifPresent(manager::add);
    gates().ifPresent(scheduler::add);
    started.add(start(Program.KUBE_CONTROLLER_MANAGER, manager));
    started.add(start(Program.KUBE_SCHEDULER, scheduler));
    started.add(
        start(
            Program.KWOK,
            List.of(
                "--kubeconfig=users/kwok",
                "--config=kwok.yaml",
                "--manage-all-nodes=true",
                "--node-lease-duration-seconds=40",
                "--node-ip=239.255.0.1",
                "--cidr=" + options.podAddresses())));

    try (var client = client(folder.config())) {
      client.resource(Simulation.storageClass()).create();
      for (int i = 0; i < options.nvidiaNodes(); i++) {
        client.resource(Simulation.node("gpu-" + i, "nvidia.com/gpu", 8)).create();
      }
      for (int i = 0; i < options.amdNodes(); i++) {
        client.resource(Simulation.node("amd-" + i, "amd.com/gpu", 8)).create();
      }
      await(
          started,
          "give the namespace default its service account",
          () -> client.serviceAccounts().inNamespace("default").withName("default").get() != null);
      await(
          started,
          "make the simulated nodes ready",
          () -> client.nodes().list().getItems().stream().allMatch(Bootstrap::usable));
    }
  }

  private Children.Child start(Program program, List<String> arguments) throws IOException {
    return children.start(program, binaries.of(program), arguments);
  }

  private static boolean usable(Node node) {
    return node.getSpec().getTaints().isEmpty()
        && node.getStatus().getConditions().stream()
            .anyMatch(c -> c.getType().equals("Ready") && c.getStatus().equals("True"));
  }

  private Optional<String> gates() {
    return options.featureGates().isEmpty()
        ? Optional.empty()
        : Optional.of(
            options.featureGates().entrySet().stream()
                .map(e -> e.getKey() + "=" + e.getValue())
                .sorted()
                .collect(Collectors.joining(",", "--feature-gates=", "")));
  }

  private Config kubeconfig(String server, String file, String user, String... groups)
      throws IOException {
    var identity = authority.client(user, List.of(groups));
    var text = new Kubeconfig(server, authority.certificate(), identity).toString();
    return Config.fromKubeconfig(folder.write(file, text).toFile());
  }

  static KubernetesClient client(Config config) {
    return new KubernetesClientBuilder().withConfig(config).build();
  }

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  /** Waits until the API server is ready. */
  static void awaitReady(List<Children.Child> programs, KubernetesClient client) {
    await(programs, "answer /readyz", () -> "ok".equals(client.raw("/readyz")));
  }

  private static void await(List<Children.Child> waitedFor, String what, BooleanSupplier done) {
    var end = Instant.now().plus(PATIENCE);
    String last = "";
    while (Instant.now().isBefore(end)) {
      waitedFor.forEach(Children.Child::requireAlive);
      try {
        if (done.getAsBoolean()) {
          return;
        }
      } catch (KubernetesClientException e) {
        last = String.valueOf(e.getMessage());
      }
      try {
        Thread.sleep(50);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new ControlPlaneException("interrupted while the control plane starts", e);
      }
    }
    var tails =
        waitedFor.stream()
            .map(c -> c.program().executable + ":\n" + LogTail.of(c.log(), 10))
            .collect(Collectors.joining("\n"));
    throw new ControlPlaneException(
        "the control plane did not %s within %d seconds%s; the end of the logs:%n%s"
            .formatted(what, PATIENCE.toSeconds(), last.isEmpty() ? "" : " (" + last + ")", tails));
  }
}
