package dev.ringfence.e2e.install;

import dev.ringfence.cli.Ringfence;
import dev.ringfence.e2e.cluster.LocalControlPlane;
import dev.ringfence.runtime.RingfenceOperator;
import io.fabric8.kubernetes.client.Config;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;

/**
 * The operator in a process of its own, started with the command of the release's Deployment, as
 * the ServiceAccount that the release made.
 *
 * @param webhookPort where its webhook listens, on every address
 */
record OperatorProcess(Process process, int webhookPort, Path log) implements AutoCloseable {

  /**
   * @param folder for its log and its kubeconfig
   * @param release what it takes itself for; empty for the build that is tested
   */
  static OperatorProcess start(
      LocalControlPlane plane, Path folder, String identity, String guardImage, String release) {
    try {
      int port = freePort();
      Path kubeconfig = folder.resolve(identity + ".kubeconfig");
      Files.writeString(kubeconfig, kubeconfig(Installation.operator(plane)));
      Path log = folder.resolve(identity + ".log");
      String classes = System.getProperty("java.class.path");
      ProcessBuilder builder =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-XX:TieredStopAtLevel=1",
                  "-cp",
                  release.isEmpty() ? classes : next(folder, release) + ":" + classes,
                  Ringfence.class.getName(),
                  "operator",
                  "--kubeconfig=" + kubeconfig,
                  "--namespace=" + ChartFiles.NAMESPACE,
                  "--guard-image=" + guardImage,
                  "--listen=127.0.0.1:0",
                  "--webhook=0.0.0.0:" + port,
                  "--no-guard-state")
              .redirectErrorStream(true)
              .redirectOutput(log.toFile());
      // As a pod has them.
      builder.environment().put("HOSTNAME", identity);
      builder.environment().put("KUBERNETES_SERVICE_HOST", "10.96.0.1");
      builder.environment().put("KUBERNETES_SERVICE_PORT", "443");
      Process process = builder.start();
      process.getOutputStream().close();
      return new OperatorProcess(process, port, log);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  private static String kubeconfig(Config config) {
    return """
    apiVersion: v1
    kind: Config
    current-context: local
    clusters:
    - {name: local, cluster: {server: "%s", certificate-authority-data: "%s"}}
    contexts:
    - {name: local, context: {cluster: local, user: operator}}
    users:
    - {name: operator, user: {token: "%s"}}
    """
        .formatted(config.getMasterUrl(), config.getCaCertData(), config.getOauthToken());
  }

  /** The same classes in a jar that says another version, as another build does. */
  private static Path next(Path folder, String release) throws IOException {
    Path here;
    try {
      URI source =
          RingfenceOperator.class.getProtectionDomain().getCodeSource().getLocation().toURI();
      here = Path.of(source);
    } catch (java.net.URISyntaxException e) {
      throw new IllegalStateException(e);
    }
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    manifest.getMainAttributes().put(Attributes.Name.IMPLEMENTATION_VERSION, release);
    Path jar = folder.resolve("operator-" + release + ".jar");
    if (Files.isDirectory(here)) {
      write(jar, here, manifest);
    } else {
      try (var inside = FileSystems.newFileSystem(here)) {
        write(jar, inside.getPath("/"), manifest);
      }
    }
    return jar;
  }

  private static void write(Path jar, Path root, Manifest manifest) throws IOException {
    try (OutputStream out = Files.newOutputStream(jar);
        JarOutputStream to = new JarOutputStream(out, manifest);
        Stream<Path> files = Files.walk(root)) {
      for (Path file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
        String name = root.relativize(file).toString();
        if (!name.equals("META-INF/MANIFEST.MF")) {
          to.putNextEntry(new ZipEntry(name));
          Files.copy(file, to);
          to.closeEntry();
        }
      }
    }
  }

  String printed() {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  List<String> lastLines() {
    return printed().lines().skip(Math.max(0, printed().lines().count() - 20)).toList();
  }

  /** As a kubelet does: asks it to end, and waits. */
  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(20, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
