package dev.ringfence.e2e.cluster;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * A Kubernetes control plane that lives as long as this object, and never longer than this JVM,
 * however that ends. Any number may run side by side: ports are free ones, all files are in a
 * temporary folder of its own.
 */
public final class LocalControlPlane implements AutoCloseable {
  private final ControlPlaneFolder folder;
  private final Binaries binaries;
  private final Children.Attached children;
  private final KubernetesClient client;

  private LocalControlPlane(
      ControlPlaneFolder folder, Binaries binaries, Children.Attached children) {
    this.folder = folder;
    this.binaries = binaries;
    this.children = children;
    this.client = Bootstrap.client(config());
  }

  /** Starts a control plane; progress of a first build goes to standard error. */
  public static LocalControlPlane start(ControlPlaneOptions options) {
    return start(options, System.err::println);
  }

  /**
   * Starts a control plane and returns when its API server is ready, its controllers work and its
   * nodes take pods.
   *
   * @param progress gets a line now and then while programs are built, which takes minutes and
   *     happens once for a machine
   * @throws ControlPlaneException when it cannot be had or does not start; nothing is left then
   */
  public static LocalControlPlane start(ControlPlaneOptions options, Consumer<String> progress) {
    var binaries = Binaries.resolve(Bootstrap.programs(options), System.getenv(), progress);
    try {
      var folder = new ControlPlaneFolder(Files.createTempDirectory("ringfence-control-plane-"));
      var children = new Children.Attached(folder);
      try {
        Bootstrap.start(folder, binaries, children, options);
        return new LocalControlPlane(folder, binaries, children);
      } catch (IOException | RuntimeException | Error e) {
        children.close();
        throw e;
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot start a control plane", e);
    }
  }

  /** The API server's URL. */
  public String server() {
    return config().getMasterUrl();
  }

  /** The cluster administrator's kubeconfig file. */
  public Path kubeconfig() {
    return folder.kubeconfig();
  }

  /** The cluster administrator's client configuration. */
  public Config config() {
    return folder.config();
  }

  /**
   * A client of the cluster administrator (user admin, group system:masters); shared, not to be
   * closed.
   */
  public KubernetesClient client() {
    return client;
  }

  /** A kubeconfig file for another user, who has only the rights that RBAC gives. */
  public Path kubeconfigFor(String user, String... groups) {
    return folder.kubeconfigFor(user, groups);
  }

  /** The client configuration of another user, whose user agent is the user's name. */
  public Config configFor(String user, String... groups) {
    return folder.configFor(user, groups);
  }

  /** A client of another user; the caller closes it. */
  public KubernetesClient clientFor(String user, String... groups) {
    return Bootstrap.client(configFor(user, groups));
  }

  public AuditLog auditLog() {
    return new AuditLog(folder.auditLog(), client);
  }

  /** The kubectl executable of the same version. */
  public Path kubectl() {
    return binaries.of(Program.KUBECTL);
  }

  /** The folder with the programs' logs, {@code <program>.log}. */
  public Path logs() {
    return folder.logs();
  }

  /** The programs' process ids, with those of the shells that watch over them. */
  public List<Long> processIds() {
    return children.started().stream()
        .map(child -> child.process().toHandle())
        .flatMap(handle -> Stream.concat(Stream.of(handle), handle.descendants()))
        .map(ProcessHandle::pid)
        .toList();
  }

  /** An outage of the API server, over when closed. */
  public interface Outage extends AutoCloseable {
    @Override
    void close();
  }

  /**
   * Stops the API server in its tracks: connections stay open, nothing is answered. Only for a
   * control plane that a test has for itself.
   */
  public Outage hangApiServer() {
    var process = apiServer().handle();
    signal("STOP", process);
    return () -> signal("CONT", process);
  }

  /**
   * Kills the API server: connections are refused. When the outage is closed it is started again,
   * at the same address and with the same data, and is ready. Only for a control plane that a test
   * has for itself.
   */
  public Outage killApiServer() {
    var child = apiServer();
    children.end(child);
    return () -> {
      try {
        var again = children.start(child.program(), child.executable(), child.arguments());
        Bootstrap.awaitReady(List.of(again), client);
      } catch (IOException e) {
        throw new ControlPlaneException("cannot start kube-apiserver again", e);
      }
    };
  }

  private Children.Child apiServer() {
    return children.started().stream()
        .filter(child -> child.program() == Program.KUBE_APISERVER)
        .filter(child -> child.process().isAlive())
        .findFirst()
        .orElseThrow(() -> new ControlPlaneException("kube-apiserver does not run"));
  }

  private static void signal(String name, ProcessHandle process) {
    try {
      int code =
          new ProcessBuilder("/bin/sh", "-c", "kill -" + name + " " + process.pid())
              .inheritIO()
              .start()
              .waitFor();
      if (code != 0) {
        throw new ControlPlaneException("cannot signal process " + process.pid());
      }
    } catch (IOException e) {
      throw new ControlPlaneException("cannot signal process " + process.pid(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ControlPlaneException("interrupted while signalling " + process.pid(), e);
    }
  }

  /** Ends every program and removes the folder; returns when that is done. */
  @Override
  public void close() {
    client.close();
    children.close();
  }
}
