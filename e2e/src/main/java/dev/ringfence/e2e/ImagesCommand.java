package dev.ringfence.e2e;

import dev.ringfence.e2e.engine.StandInImages;
import dev.ringfence.e2e.engine.StandInModel;
import dev.ringfence.e2e.images.ImageArchive;
import dev.ringfence.e2e.images.Images;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
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
      "Prints what a registry would store, layer by layer, and the digest to use; values.yaml beside the"
          + " archives has the digests for the chart.",
      "",
      "With --stand-in also stand-in-engine.tar and stand-in-model.tar, to try Ringfence on a cluster"
          + " without GPUs: an engine that has vLLM's command line and no model (needs Go). stand-in.image"
          + " and stand-in.yaml name them for `ringfence init`."
    })
@SuppressWarnings("NullAway.Init") // picocli sets the fields
final class ImagesCommand implements Callable<Integer> {
  /** The version of vLLM whose command line the stand-in engine takes. */
  private static final String STAND_IN_FOR = "0.33.0";

  @Spec private CommandSpec spec;

  @Option(
      names = "--output",
      paramLabel = "DIR",
      defaultValue = "target/images",
      description = "where the archives go (default target/images)")
  private Path output;

  @Option(names = "--stand-in", description = "also a stand-in engine and its model; see below")
  private boolean standIn;

  @Option(
      names = "--app",
      hidden = true,
      defaultValue = ".",
      description = "the checkout, with its programs built")
  private Path checkout;

  @Override
  public Integer call() throws IOException {
    var out = spec.commandLine().getOut();
    var images = Images.build(checkout, output, spec.commandLine().getErr()::println);
    for (var image : images) {
      print(image, out);
    }
    Files.writeString(output.resolve("values.yaml"), values(images));
    if (standIn) {
      makeStandIns(out);
    }
    out.flush();
    return 0;
  }

  /** The chart's values by which it takes these images and no other. */
  private static String values(List<ImageArchive> images) {
    return """
    # Made by ./ringfence images: helm install ... --values values.yaml
    image: {repository: %s, digest: "sha256:%s"}
    guard:
      image: {repository: %s, digest: "sha256:%s"}
    """
        .formatted(
            images.get(0).name(), images.get(0).digest(),
            images.get(1).name(), images.get(1).digest());
  }

  private void makeStandIns(java.io.PrintWriter out) throws IOException {
    var err = spec.commandLine().getErr();
    var engine = StandInImages.engine(checkout, STAND_IN_FOR, output, err::println);
    var model = StandInModel.plain();
    var image = StandInImages.model(model, "stand-in-model", output);
    for (var made : List.of(engine, image)) {
      Files.move(
          made.file(),
          output.resolve(made.name().replaceFirst(".*/", "") + ".tar"),
          StandardCopyOption.REPLACE_EXISTING);
      out.printf("%s%n", made.reference());
    }
    Files.writeString(output.resolve("stand-in.image"), engine.reference() + "\n");
    Files.writeString(
        output.resolve("stand-in.yaml"),
        model.trusted(
            "stand-in",
            "{image: {reference: \"" + image.reference() + "\"}}",
            "  quantization: {method: none}\n"));
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
