package dev.ringfence.e2e.engine;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What {@code ringfence render} prints, as a user gets it: by the command line, from a file. */
public final class Rendering {
  private static final KubernetesSerialization YAML = new KubernetesSerialization();

  private Rendering() {}

  /**
   * @param manifest workloads, models and policy in one text
   * @param folder for the files
   * @throws IOException also when anything is rejected: with what the command said
   */
  public static List<HasMetadata> of(String manifest, Path folder) throws IOException {
    Path input = Files.writeString(folder.resolve("manifest.yaml"), manifest);
    Path out = folder.resolve("rendered.yaml");
    Path err = folder.resolve("rendered.err");
    Process p =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                "dev.ringfence.cli.Ringfence",
                "render",
                "-f",
                input.toString())
            .redirectOutput(out.toFile())
            .redirectError(err.toFile())
            .start();
    try {
      if (p.waitFor() != 0) {
        throw new IOException("render refused: " + Files.readString(err, StandardCharsets.UTF_8));
      }
    } catch (InterruptedException e) {
      p.destroy();
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
    Object read = YAML.unmarshal(Files.newInputStream(out));
    if (!(read instanceof List<?> objects)) {
      throw new IOException("render printed no list");
    }
    return objects.stream().map(HasMetadata.class::cast).toList();
  }

  /** The one object of a type and name. */
  public static <T extends HasMetadata> T one(
      List<HasMetadata> objects, Class<T> type, String name) {
    return objects.stream()
        .filter(type::isInstance)
        .map(type::cast)
        .filter(o -> o.getMetadata().getName().equals(name))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no " + type.getSimpleName() + " " + name));
  }
}
