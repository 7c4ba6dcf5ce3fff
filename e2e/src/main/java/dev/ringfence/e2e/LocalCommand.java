package dev.ringfence.e2e;

import dev.ringfence.e2e.cluster.ControlPlaneOptions;
import dev.ringfence.e2e.cluster.StandingControlPlane;
import java.time.Duration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code local up|down|env}: the standing control plane of this user. */
@Command(
    name = "local",
    mixinStandardHelpOptions = true,
    description =
        "A real Kubernetes control plane on this machine as plain processes: no Docker, no root.")
@SuppressWarnings("NullAway.Init") // picocli sets the fields
final class LocalCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    spec.commandLine().usage(spec.commandLine().getOut());
  }

  @Command(
      name = "up",
      mixinStandardHelpOptions = true,
      description = "Starts it, unless it is up, and leaves it running.")
  int up(
      @Option(
              names = "--nodes",
              defaultValue = "4",
              description = "simulated nodes with 8 NVIDIA GPUs each, 1 to 500 (default 4)")
          int nodes) {
    if (nodes < 1 || nodes > 500) {
      spec.commandLine().getErr().println("--nodes is a number from 1 to 500");
      return 2;
    }
    long start = System.nanoTime();
    var up =
        StandingControlPlane.up(
            ControlPlaneOptions.DEFAULTS.withNodes(nodes, 1),
            line -> spec.commandLine().getErr().println(line));
    var out = spec.commandLine().getOut();
    switch (up.outcome()) {
      case ALREADY_UP -> out.println("The control plane is already up.");
      case STARTED ->
          out.printf(
              "The control plane is up (%.1f s).%n",
              Duration.ofNanos(System.nanoTime() - start).toMillis() / 1000.0);
    }
    out.print(
        """

          eval "$(./ringfence local env)"   # KUBECONFIG and kubectl for this shell
          kubectl get nodes
          ./ringfence local down            # ends it and removes its files

        Its nodes and their GPUs are simulated: pods become ready, but nothing runs in them.
        Logs: %s
        """
            .formatted(up.controlPlane().logs()));
    out.flush();
    return 0;
  }

  @Command(
      name = "down",
      mixinStandardHelpOptions = true,
      description = "Ends it and removes its files; no error when it is not up.")
  int down() {
    spec.commandLine()
        .getOut()
        .println(
            StandingControlPlane.down()
                ? "The control plane is down."
                : "The control plane was not up.");
    return 0;
  }

  @Command(
      name = "env",
      mixinStandardHelpOptions = true,
      description = "Prints KUBECONFIG and PATH for a shell: eval \"$(./ringfence local env)\"")
  int env() {
    var found = StandingControlPlane.find();
    if (found.isEmpty()) {
      spec.commandLine()
          .getErr()
          .println("The control plane is not up. Start it: ./ringfence local up");
      return 1;
    }
    var out = spec.commandLine().getOut();
    out.println("export KUBECONFIG=" + quote(found.get().kubeconfig().toString()));
    out.println(
        "export PATH=" + quote(found.get().kubectl().resolveSibling("").toString()) + ":\"$PATH\"");
    return 0;
  }

  private static String quote(String text) {
    return "'" + text.replace("'", "'\\''") + "'";
  }
}
