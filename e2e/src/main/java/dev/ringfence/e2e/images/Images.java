package dev.ringfence.e2e.images;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.ringfence.e2e.cluster.Binaries;
import dev.ringfence.e2e.cluster.ControlPlaneException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.TreeMap;
import java.util.function.Consumer;

/** The operator's and the guard's image. */
public final class Images {
  /** The tag of what this checkout builds. */
  public static final String VERSION = "0.1.0";

  private Images() {}

  /**
   * Builds both. What was built before from the same jars by the same JDK is taken from the cache.
   *
   * @param checkout where {@code operator/target/app} and {@code guard/target/app} are
   * @param output the folder for {@code operator.tar} and {@code guard.tar}
   */
  public static List<ImageArchive> build(Path checkout, Path output, Consumer<String> progress)
      throws IOException {
    Files.createDirectories(output);
    var images = new ArrayList<ImageArchive>();
    for (var program : Program.values()) {
      var app = checkout.resolve(program.folder()).resolve("target/app");
      if (!Files.exists(app.resolve(program.jar))) {
        throw new ControlPlaneException(
            "%s is not built: run ./ringfence images, or mvn package first".formatted(app));
      }
      images.add(cached(program, app, output.resolve(program.folder() + ".tar"), progress));
    }
    return List.copyOf(images);
  }

  private static ImageArchive cached(
      Program program, Path app, Path target, Consumer<String> progress) throws IOException {
    var folder = Binaries.cache(System.getenv()).resolve("images").resolve(key(program, app));
    var archive = folder.resolve(program.folder() + ".tar");
    var record = folder.resolve("layers");
    Files.createDirectories(folder);
    try (var channel =
            FileChannel.open(
                folder.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        var lock = channel.lock()) {
      assert lock.isValid();
      if (!Files.exists(record)) {
        var made = ProgramImage.build(program, app, VERSION, archive, progress);
        var lines = new ArrayList<>(List.of(made.name() + "\t" + made.digest()));
        for (var layer : made.layers()) {
          lines.add(
              "%s\t%s\t%s\t%d"
                  .formatted(layer.title(), layer.digest(), layer.diffId(), layer.size()));
        }
        Files.write(record, lines);
      }
    }
    Files.copy(archive, target, StandardCopyOption.REPLACE_EXISTING);
    var lines = Files.readAllLines(record).stream().map(line -> List.of(line.split("\t"))).toList();
    return new ImageArchive(
        target,
        lines.getFirst().get(0),
        VERSION,
        lines.getFirst().get(1),
        lines.stream()
            .skip(1)
            .map(
                line ->
                    new Layer(
                        line.get(0), target, line.get(1), line.get(2), Long.parseLong(line.get(3))))
            .toList());
  }

  /** Changes when a jar does, or the JDK, or how images are made. */
  private static String key(Program program, Path app) throws IOException {
    var digest = Layer.sha256();
    digest.update(
        "2\n%s\n%s\n%s\n%s\n"
            .formatted(
                VERSION, Runtime.version(), program.options(), new TreeMap<>(program.environment))
            .getBytes(UTF_8));
    List<Path> jars;
    try (var walk = Files.walk(app)) {
      jars = walk.filter(path -> path.toString().endsWith(".jar")).sorted().toList();
    }
    for (var jar : jars) {
      digest.update((app.relativize(jar) + "\n").getBytes(UTF_8));
      digest.update(Files.readAllBytes(jar));
    }
    return program.folder() + "-" + HexFormat.of().formatHex(digest.digest(), 0, 8);
  }
}
