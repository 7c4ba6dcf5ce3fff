package dev.ringfence.cli;

import dev.ringfence.validate.Inputs;
import dev.ringfence.validate.Report;
import java.io.PrintWriter;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
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
  @Option(
      names = "-f",
      required = true,
      paramLabel = "FILE|DIR|-",
      description =
          "Manifests: a file, a folder with all below it, or - for standard input. Repeats.")
  private List<String> files = new ArrayList<>();

  @Option(names = "--policy", paramLabel = "FILE", description = "A VLLMPolicy to judge by.")
  private List<String> policies = new ArrayList<>();

  @Option(names = "--models", paramLabel = "FILE", description = "TrustedModels to judge by.")
  private List<String> models = new ArrayList<>();

  @Option(names = "-o", paramLabel = "FORMAT", description = "text (default), json or sarif.")
  private Report.Format format = Report.Format.text;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    List<String> further = new ArrayList<>(policies);
    further.addAll(models);
    Report report = Inputs.judge(files, further, System.in, Instant.now());
    PrintWriter out = java.util.Objects.requireNonNull(spec).commandLine().getOut();
    out.print(report.in(format));
    out.flush();
    return report.exitCode();
  }
}
