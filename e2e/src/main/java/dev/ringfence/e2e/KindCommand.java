package dev.ringfence.e2e;

import dev.ringfence.e2e.kind.KindCluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code kind}: a real cluster for as long as one command runs. */
@Command(
    name = "kind",
    mixinStandardHelpOptions = true,
    description =
        "Makes a Kind cluster, runs a command in it, and deletes the cluster when the command ends."
            + " Without a Docker daemon it starts its own, which needs root.",
    footer = {
      "",
      "The command has KUBECONFIG, KIND_CLUSTER_NAME, and kubectl and kind of that cluster on PATH.",
      "",
      "  ./ringfence kind                      # a shell",
      "  ./ringfence kind -- kubectl get nodes",
      "  ./ringfence kind --image              # makes the node image, once, and nothing else"
    })
@SuppressWarnings("NullAway.Init") // picocli sets the fields
final class KindCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = "--nodes",
      defaultValue = "1",
      description = "1 to 9; of several, the first runs only the control plane (default 1)")
  private int nodes;

  @Option(
      names = "--load",
      paramLabel = "ARCHIVE",
      description = "loads the images of an archive into the nodes; repeats")
  private List<Path> archives = List.of();

  @Option(
      names = "--image",
      description = "only makes the node image that is used where no registry can be reached")
  private boolean image;

  @Parameters(paramLabel = "COMMAND", description = "default: $SHELL")
  private List<String> command = List.of();

  @Override
  public Integer call() throws IOException, InterruptedException {
    var err = spec.commandLine().getErr();
    if (nodes < 1 || nodes > 9) {
      err.println("ringfence: --nodes is a number from 1 to 9");
      return 2;
    }
    for (var archive : archives) {
      if (!Files.isReadable(archive)) {
        err.println("ringfence: --load " + archive + ": there is no such archive");
        return 2;
      }
    }
    if (image) {
      spec.commandLine().getOut().println(KindCluster.makeNodeImage(err::println));
      return 0;
    }
    var shell = System.getenv().getOrDefault("SHELL", "/bin/sh");
    var line = command.isEmpty() ? List.of(shell) : command;
    try (var cluster = KindCluster.create(nodes, err::println)) {
      for (var archive : archives) {
        err.println("loading " + archive.getFileName());
        cluster.load(archive);
      }
      var builder = new ProcessBuilder(line).inheritIO();
      builder.environment().putAll(cluster.environment());
      try {
        return builder.start().waitFor();
      } catch (IOException e) {
        err.println("ringfence: cannot run " + line.getFirst());
        return 127;
      }
    }
  }
}
