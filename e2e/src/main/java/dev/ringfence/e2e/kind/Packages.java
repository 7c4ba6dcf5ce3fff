package dev.ringfence.e2e.kind;

import dev.ringfence.e2e.cluster.ControlPlaneException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Debian's packages that something needs, installed where they are missing. */
final class Packages {
  /** For a Docker daemon of our own. */
  static final List<String> DAEMON = List.of("iptables", "iproute2", "jq", "procps", "util-linux");

  /** For the node image: its root file system, and runc's C library. */
  static final List<String> NODE_IMAGE =
      List.of("mmdebstrap", "gcc", "libc6-dev", "libseccomp-dev", "pkg-config");

  private Packages() {}

  /**
   * @throws ControlPlaneException when they are missing and cannot be installed
   */
  static void install(List<String> packages, Consumer<String> progress) {
    if (!Command.there("dpkg-query")) {
      throw new ControlPlaneException(
          "This needs Debian's packages %s, and this is no Debian."
              .formatted(String.join(" ", packages)));
    }
    var missing = packages.stream().filter(name -> !installed(name)).toList();
    if (missing.isEmpty()) {
      return;
    }
    progress.accept("installing Debian's packages " + String.join(" ", missing));
    var environment = Map.of("DEBIAN_FRONTEND", "noninteractive");
    Command.must(environment, List.of("apt-get", "update", "-qq"));
    var command =
        new ArrayList<>(List.of("apt-get", "install", "-y", "-qq", "--no-install-recommends"));
    command.addAll(missing);
    Command.must(environment, command);
  }

  private static boolean installed(String name) {
    var answer =
        Command.run(Map.of(), List.of("dpkg-query", "-W", "-f", "${db:Status-Status}", name));
    return answer.ok() && answer.text().equals("installed");
  }
}
