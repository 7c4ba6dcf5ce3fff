package dev.ringfence.cli;

import dev.ringfence.inspect.Subject;
import dev.ringfence.inspect.Why;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "why",
    description = "Says in one look why a workload is not ready, with the pages of the rules.",
    footer = {
      "",
      "Exit code: 0 it is ready, 1 it is not, 2 it cannot be looked at.",
      "Example: kubectl ringfence why chat -n team-a"
    })
final class WhyCommand implements Callable<Integer> {
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
          out.print(Why.of(subject));
          out.flush();
          return Why.ready(subject) ? 0 : 1;
        });
  }
}
