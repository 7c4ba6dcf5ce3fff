package dev.ringfence.cli;

import dev.ringfence.inspect.Subject;
import dev.ringfence.inspect.Tree;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "tree",
    description = "Shows a workload, its tenants, and what was made for each.",
    footer = {"", "Example: kubectl ringfence tree chat -n team-a"})
final class TreeCommand implements Callable<Integer> {
  @Mixin private ClusterOptions cluster = new ClusterOptions();

  @Parameters(paramLabel = "WORKLOAD", description = "The name of a VLLMDeployment.")
  private String workload = "";

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    return cluster.look(
        spec.commandLine().getErr(),
        (api, client) -> {
          Subject subject = Subject.read(api, cluster.namespace(client), workload);
          out.print(Tree.of(subject));
          out.flush();
          return 0;
        });
  }
}
