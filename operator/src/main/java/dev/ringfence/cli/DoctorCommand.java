package dev.ringfence.cli;

import dev.ringfence.doctor.Doctor;
import dev.ringfence.doctor.DoctorReport;
import dev.ringfence.doctor.Facts;
import dev.ringfence.doctor.Finding;
import java.io.PrintWriter;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
    name = "doctor",
    description = {
      "Names what a cluster still lacks before a workload serves, in the order in which to mend"
          + " it,",
      "each with the command that mends it. Writes nothing and reads no Secret's values."
    },
    footer = {
      "",
      "Without -n every namespace that has a workload is looked at.",
      "Exit code: 0 nothing is lacking, 1 something is, 2 the cluster cannot be looked at.",
      "Example: ringfence doctor -n team-a"
    })
final class DoctorCommand implements Callable<Integer> {
  /** How the findings are written. */
  enum Format {
    text,
    json
  }

  @Mixin private ClusterOptions cluster = new ClusterOptions();

  @Option(
      names = "--operator-namespace",
      paramLabel = "NAME",
      description = "Where the operator is; default ringfence-system.")
  private String system = "ringfence-system";

  @Option(names = "-o", paramLabel = "FORMAT", description = "text (default) or json.")
  private Format format = Format.text;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    return cluster.look(
        spec.commandLine().getErr(),
        (api, client) -> {
          Facts facts = Facts.read(api, system, cluster.namespace());
          List<Finding> findings = Doctor.examine(facts, Instant.now());
          out.print(
              format == Format.json
                  ? DoctorReport.json(facts.server(), findings)
                  : DoctorReport.text(facts.server(), findings));
          out.flush();
          return DoctorReport.exitCode(findings);
        });
  }
}
