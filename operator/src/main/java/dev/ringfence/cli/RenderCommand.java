package dev.ringfence.cli;

import dev.ringfence.render.CanonicalYaml;
import dev.ringfence.render.Render;
import dev.ringfence.render.RenderContext;
import dev.ringfence.render.RestartFields;
import dev.ringfence.validate.Finding;
import dev.ringfence.validate.Report;
import dev.ringfence.vllm.Knowledge;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
    name = "render",
    description = {
      "Prints the objects that the operator would make of accepted workloads, as YAML for review.",
      "They are marked as offline and cannot run: apply the workload instead."
    },
    footer = {"", "Exit code as validate's; nothing is printed for what is rejected."})
final class RenderCommand implements Callable<Integer> {
  /** Stands where no guard image was named; no registry has it, so nothing can start from it. */
  static final String UNKNOWN_GUARD = "ringfence.dev/guard@sha256:" + "0".repeat(64);

  @Mixin private ManifestOptions manifests = new ManifestOptions();

  @Option(
      names = "--guard-image",
      paramLabel = "IMAGE@DIGEST",
      description =
          "The guard's image as the operator is told it; without it a digest of zeros stands there.")
  private String guardImage = UNKNOWN_GUARD;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() {
    Report report = manifests.judge();
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    if (report.exitCode() != 0) {
      err.print(report.in(Report.Format.text));
      err.flush();
    }
    RenderContext context = RenderContext.offline(guardImage, Knowledge.bundled());
    if (report.findings().stream().anyMatch(f -> f.workload().isPresent())) {
      out.println(
          "# Engines restart when one of these fields of a workload changes, and for no other:");
      RestartFields.all().forEach(field -> out.println("#   " + field));
    }
    for (Finding finding : report.findings()) {
      finding
          .workload()
          .ifPresent(w -> out.print(CanonicalYaml.write(Render.render(w, context).objects())));
    }
    out.flush();
    return report.exitCode();
  }
}
