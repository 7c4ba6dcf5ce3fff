package dev.ringfence.e2e;

import dev.ringfence.e2e.cluster.ControlPlaneOptions;
import dev.ringfence.e2e.cluster.LocalControlPlane;
import dev.ringfence.e2e.reconcile.Bench;
import dev.ringfence.e2e.reconcile.Scale;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code scale}: what the operator writes for many workloads. */
@Command(
    name = "scale",
    mixinStandardHelpOptions = true,
    description =
        "Runs the operator with many workloads on a control plane of its own and prints what it wrote, counted from the API"
            + " server's audit log.")
@SuppressWarnings("NullAway.Init") // picocli sets the fields
final class ScaleCommand implements Callable<Integer> {
  private static final String NAMESPACE = "scale";

  @Spec private CommandSpec spec;

  @Option(names = "--workloads", description = "how many, 1 to 500 (default: ${DEFAULT-VALUE})")
  private int workloads = 200;

  @Override
  public Integer call() {
    if (workloads < 1 || workloads > 500) {
      spec.commandLine().getErr().println("--workloads takes 1 to 500");
      return 2;
    }
    int nodes = (workloads + 7) / 8 + 1;
    try (LocalControlPlane plane =
            LocalControlPlane.start(ControlPlaneOptions.DEFAULTS.withNodes(nodes, 0));
        Bench bench = new Bench(plane, Set.of(NAMESPACE))) {
      plane
          .client()
          .resource(
              new NamespaceBuilder()
                  .withNewMetadata()
                  .withName(NAMESPACE)
                  .addToLabels("pod-security.kubernetes.io/enforce", "restricted")
                  .endMetadata()
                  .build())
          .create();
      Scale.Figures figures = Scale.measure(plane, bench, NAMESPACE, workloads);
      spec.commandLine().getOut().print(figures.table());
      figures
          .kinds()
          .forEach(
              (kind, count) -> spec.commandLine().getOut().printf("  %-54s %,6d%n", kind, count));
      boolean kept =
          figures.creating() <= figures.children() + 2L * workloads
              && figures.resyncs() == 0
              && figures.restart() == 0;
      return kept ? 0 : 1;
    }
  }
}
