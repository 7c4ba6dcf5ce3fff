package dev.ringfence.e2e.images;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.jar.JarFile;

/** What is in an image, as a CycloneDX document: every jar, the Java run time, the C library. */
final class Sbom {
  private static final ObjectMapper JSON =
      new ObjectMapper()
          .enable(
              SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS, SerializationFeature.INDENT_OUTPUT);

  private Sbom() {}

  /**
   * @param jars as they were published, each with where it lies in the image
   */
  static void write(Path file, String name, String version, Map<Path, Path> jars, DebianLibc libc)
      throws IOException {
    var components = new ArrayList<Map<String, Object>>();
    for (var jar : jars.entrySet()) {
      var component = jar(jar.getKey());
      if (Files.mismatch(jar.getKey(), jar.getValue()) >= 0) {
        component = new HashMap<>(component);
        component.put("pedigree", Map.of("notes", CacheableJar.CHANGE));
      }
      components.add(component);
    }
    var java = Runtime.version().toString();
    components.add(
        component("openjdk", java, "pkg:generic/openjdk@" + java.replace("+", "%2B"), List.of()));
    components.add(
        component(
            "libc6",
            libc.version(),
            "pkg:deb/debian/libc6@%s?distro=%s"
                .formatted(libc.version().replace("+", "%2B"), libc.distribution()),
            List.of()));
    Files.writeString(
        file,
        JSON.writeValueAsString(
            Map.of(
                "bomFormat",
                "CycloneDX",
                "specVersion",
                "1.6",
                "version",
                1,
                "metadata",
                Map.of(
                    "timestamp",
                    Layer.TIME.toString(),
                    "component",
                    Map.of("type", "container", "name", name, "version", version)),
                "components",
                components)));
  }

  private static Map<String, Object> jar(Path path) throws IOException {
    var hashes =
        List.of(
            Map.of(
                "alg",
                "SHA-256",
                "content",
                HexFormat.of().formatHex(Layer.sha256().digest(Files.readAllBytes(path)))));
    try (var jar = new JarFile(path.toFile())) {
      var records =
          jar.stream()
              .filter(e -> e.getName().matches("META-INF/maven/[^/]+/[^/]+/pom.properties"))
              .toList();
      if (records.size() == 1) {
        var properties = new Properties();
        try (var in = jar.getInputStream(records.getFirst())) {
          properties.load(in);
        }
        var artifact = properties.getProperty("artifactId", "");
        var version = properties.getProperty("version", "");
        return component(
            artifact,
            version,
            "pkg:maven/%s/%s@%s".formatted(properties.getProperty("groupId"), artifact, version),
            hashes);
      }
    }
    // Without Maven's own record, its file name says most.
    var name = path.getFileName().toString().replaceFirst("\\.jar$", "");
    int cut = name.replaceFirst("-(?=[0-9]).*", "").length();
    return component(
        name.substring(0, cut),
        cut < name.length() ? name.substring(cut + 1) : "",
        "pkg:generic/" + name.substring(0, cut),
        hashes);
  }

  private static Map<String, Object> component(
      String name, String version, String purl, List<Map<String, String>> hashes) {
    return Map.of(
        "type", "library", "name", name, "version", version, "purl", purl, "hashes", hashes);
  }
}
