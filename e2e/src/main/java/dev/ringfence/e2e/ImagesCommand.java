package dev.ringfence.e2e;

import dev.ringfence.e2e.images.ImageArchive;
import dev.ringfence.e2e.images.Images;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code images}: the operator's and the guard's, as archives. */
@Command(
    name = "images",
    mixinStandardHelpOptions = true,
    description =
        "Makes the operator's and the guard's image as archives that containerd, Docker and Kind"
            + " import. Needs JDK 25 and apt-get; no daemon, no registry, no root.",
    footer = {
      "",
      "  docker load -i target/images/operator.tar",
      "  kind load image-archive target/images/guard.tar",
      "",
      "Prints what a registry would store, layer by layer, and the digest to use."
    })
@SuppressWarnings("NullAway.Init") // picocli sets the fields
final class ImagesCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = "--output",
      paramLabel = "DIR",
      defaultValue = "target/images",
      description = "where the archives go (default target/images)")
  private Path output;

  @Option(
      names = "--app",
      hidden = true,
      defaultValue = ".",
      description = "the checkout, with its programs built")
  private Path checkout;

  @Override
  public Integer call() throws IOException {
    var out = spec.commandLine().getOut();
    for (var image : Images.build(checkout, output, spec.commandLine().getErr()::println)) {
      print(image, out);
    }
    out.flush();
    return 0;
  }

  private static void print(ImageArchive image, java.io.PrintWriter out) {
    out.printf("%s:%s%n  archive      %s%n", image.name(), image.tag(), image.file());
    out.printf("  digest       sha256:%s%n", image.digest());
    for (var layer : image.layers()) {
      out.printf(
          "  %6.1f MB  %-14s sha256:%s%n", layer.size() / 1e6, layer.title(), layer.digest());
    }
    out.printf("  %6.1f MB  in all, compressed%n", image.compressedSize() / 1e6);
  }
}
