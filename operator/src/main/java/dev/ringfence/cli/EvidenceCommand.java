package dev.ringfence.cli;

import dev.ringfence.inspect.Evidence;
import dev.ringfence.inspect.Subject;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "evidence",
    description = "Shows for each rule what can be seen of it on the cluster.",
    footer = {
      "",
      "Exit code: 0 nothing seen breaks a rule, 1 something does, 2 it cannot be looked at.",
      "Example: kubectl ringfence evidence chat -n team-a -o json"
    })
final class EvidenceCommand implements Callable<Integer> {
  @Mixin private ClusterOptions cluster = new ClusterOptions();

  @Parameters(paramLabel = "WORKLOAD", description = "The name of a VLLMDeployment.")
  private String workload = "";

  @Option(names = "-o", paramLabel = "FORMAT", description = "text (default) or json.")
  private DoctorCommand.Format format = DoctorCommand.Format.text;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    return cluster.look(
        spec.commandLine().getErr(),
        (api, client) -> {
          Subject subject = Subject.read(api, cluster.namespace(client), workload);
          List<Evidence.Row> rows = Evidence.of(subject);
          out.print(
              format == DoctorCommand.Format.json
                  ? Evidence.json(subject, rows)
                  : Evidence.text(subject, rows));
          out.flush();
          return Evidence.exitCode(rows);
        });
  }
}
