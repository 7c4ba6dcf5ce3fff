package dev.ringfence.cli;

import dev.ringfence.validate.Inputs;
import dev.ringfence.validate.Report;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/** The options by which commands name manifests. */
final class ManifestOptions {
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

  Report judge() {
    List<String> further = new ArrayList<>(policies);
    further.addAll(models);
    return Inputs.judge(files, further, System.in, Instant.now());
  }
}
