package dev.ringfence.cli;

import dev.ringfence.validate.Report;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
    name = "validate",
    description = "Judges manifests by the rules that the operator applies.",
    footer = {
      "",
      "Exit code: 0 all accepted, 1 something is rejected, 2 something cannot be read.",
      "Example: ringfence validate -f workload.yaml --policy policy.yaml --models models.yaml"
    })
final class ValidateCommand implements Callable<Integer> {
  @Mixin private ManifestOptions manifests = new ManifestOptions();

  @Option(names = "-o", paramLabel = "FORMAT", description = "text (default), json or sarif.")
  private Report.Format format = Report.Format.text;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() {
    Report report = manifests.judge();
    PrintWriter out = spec.commandLine().getOut();
    out.print(report.in(format));
    out.flush();
    return report.exitCode();
  }
}
