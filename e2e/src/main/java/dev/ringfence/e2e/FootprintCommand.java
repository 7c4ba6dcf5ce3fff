package dev.ringfence.e2e;

import dev.ringfence.e2e.images.Footprint;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code footprint}: how fast the operator starts in its image, and how much memory it holds. */
@Command(
    name = "footprint",
    mixinStandardHelpOptions = true,
    description =
        "Runs the operator as it is in its image, against a real API server, and prints its start"
            + " and its memory beside what is promised. Needs root, and makes the image if need be.")
@SuppressWarnings("NullAway.Init") // picocli sets the fields
final class FootprintCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = "--workloads",
      defaultValue = "1000",
      description = "0 to 5000, each of one tenant (default 1000; 0 measures only the start)")
  private int workloads;

  @Option(names = "--app", hidden = true, defaultValue = ".", description = "the checkout")
  private Path checkout;

  @Override
  public Integer call() throws IOException {
    if (workloads < 0 || workloads > 5000) {
      spec.commandLine().getErr().println("ringfence: --workloads is a number from 0 to 5000");
      return 2;
    }
    var out = spec.commandLine().getOut();
    for (var line :
        Footprint.measure(checkout, workloads, spec.commandLine().getErr()::println).lines()) {
      out.println(line);
    }
    out.flush();
    return 0;
  }
}
