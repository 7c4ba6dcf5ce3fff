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
  private final List<Children.Child> programs;
  private final KubernetesClient client;

  private LocalControlPlane(
      ControlPlaneFolder folder,
      Binaries binaries,
      Children.Attached children,
      List<Children.Child> programs) {
    this.folder = folder;
    this.binaries = binaries;
    this.children = children;
    this.programs = programs;
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
        var programs = Bootstrap.start(folder, binaries, children, options);
        return new LocalControlPlane(folder, binaries, children, programs);
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
    return programs.stream()
        .map(child -> child.process().toHandle())
        .flatMap(handle -> Stream.concat(Stream.of(handle), handle.descendants()))
        .map(ProcessHandle::pid)
        .toList();
  }

  /** Ends every program and removes the folder; returns when that is done. */
  @Override
  public void close() {
    client.close();
    children.close();
  }
}
