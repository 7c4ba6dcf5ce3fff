package dev.ringfence.e2e.cluster;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;

/**
 * The files of one control plane, all readable by their owner only.
 *
 * <pre>
 * kubeconfig       cluster administrator          pki/    certificate authority, server, tokens
 * audit.log        one JSON object a request      logs/   one file a program
 * users/           kubeconfigs of everybody else  pids/   of programs that outlive their starter
 * </pre>
 */
record ControlPlaneFolder(Path path) {

  void create() throws IOException {
    for (var name : List.of("pki", "logs", "users", "pids")) {
      Files.createDirectories(path.resolve(name));
    }
  }

  /** The cluster administrator's kubeconfig file: user admin, group system:masters. */
  Path kubeconfig() {
    return path.resolve("kubeconfig");
  }

  Config config() {
    return Config.fromKubeconfig(kubeconfig().toFile());
  }

  Path log(String name) {
    return logs().resolve(name + ".log");
  }

  Path logs() {
    return path.resolve("logs");
  }

  Path pids() {
    return path.resolve("pids");
  }

  Path auditLog() {
    return path.resolve("audit.log");
  }

  /** Writes a kubeconfig file for another user, signed by this control plane's authority. */
  Path kubeconfigFor(String user, String... groups) {
    try {
      var authority =
          CertificateAuthority.read(path.resolve("pki/ca.crt"), path.resolve("pki/ca.key"));
      var text =
          new Kubeconfig(
              config().getMasterUrl(),
              authority.certificate(),
              authority.client(user, List.of(groups)));
      var file = Files.createTempFile(path.resolve("users"), "user-", ".kubeconfig");
      return Files.writeString(file, text.toString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The client configuration of another user, whose user agent is the user's name. */
  Config configFor(String user, String... groups) {
    var config = Config.fromKubeconfig(kubeconfigFor(user, groups).toFile());
    return new ConfigBuilder(config).withUserAgent(user).build();
  }

  Path write(String name, String text) throws IOException {
    var file = path.resolve(name);
    Files.deleteIfExists(file);
    Files.createFile(
        file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    return Files.writeString(file, text, StandardOpenOption.WRITE);
  }
}
