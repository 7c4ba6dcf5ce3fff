package dev.ringfence.e2e.images;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.ringfence.e2e.cluster.Binaries;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;

/**
 * One image as a file that containerd, Docker and Kind import: an OCI image layout which also has
 * Docker's {@code manifest.json}, as {@code docker save} writes it. The same layers and
 * configuration give the same bytes.
 *
 * @param file the archive
 * @param name {@code registry/repository}
 * @param tag without the name
 * @param digest of the manifest, 64 hex digits
 * @param layers lowest first
 */
public record ImageArchive(Path file, String name, String tag, String digest, List<Layer> layers) {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS);

  public ImageArchive {
    layers = List.copyOf(layers);
  }

  /** {@code name@sha256:…}, by which a pod may use it once it is imported. */
  public String reference() {
    return name + "@sha256:" + digest;
  }

  /** What a registry stores, in bytes. */
  public long compressedSize() {
    return layers.stream().mapToLong(Layer::size).sum();
  }

  /**
   * Writes an archive.
   *
   * @param name with its registry, as {@code registry.example/ringfence/guard}
   * @param layers lowest first
   */
  public static ImageArchive write(
      Path file, String name, String tag, ImageConfig config, List<Layer> layers)
      throws IOException {
    var configuration = json(configuration(config, layers));
    var configDigest = digest(configuration);
    var manifest =
        json(
            Map.of(
                "schemaVersion",
                2,
                "mediaType",
                "application/vnd.oci.image.manifest.v1+json",
                "config",
                descriptor(
                    "application/vnd.oci.image.config.v1+json", configDigest, configuration.length),
                "layers",
                layers.stream()
                    .map(
                        layer ->
                            descriptor(
                                "application/vnd.oci.image.layer.v1.tar+gzip",
                                layer.digest(),
                                layer.size()))
                    .toList()));
    var manifestDigest = digest(manifest);
    // Under both names: a pod that names it by digest finds it without a registry.
    var index =
        json(
            Map.of(
                "schemaVersion",
                2,
                "mediaType",
                "application/vnd.oci.image.index.v1+json",
                "manifests",
                Stream.of(name + ":" + tag, name + "@sha256:" + manifestDigest)
                    .map(
                        known -> {
                          var entry =
                              new TreeMap<>(
                                  descriptor(
                                      "application/vnd.oci.image.manifest.v1+json",
                                      manifestDigest,
                                      manifest.length));
                          entry.put(
                              "annotations",
                              Map.of(
                                  "io.containerd.image.name",
                                  known,
                                  "org.opencontainers.image.ref.name",
                                  known.substring(name.length() + 1)));
                          return entry;
                        })
                    .toList()));
    var forDocker =
        json(
            List.of(
                Map.of(
                    "Config",
                    blob(configDigest),
                    "RepoTags",
                    List.of(name + ":" + tag),
                    "Layers",
                    layers.stream().map(layer -> blob(layer.digest())).toList())));
    var part = file.resolveSibling(file.getFileName() + ".part");
    try (var out =
        new TarArchiveOutputStream(
            new BufferedOutputStream(Files.newOutputStream(part), 1 << 16), "UTF-8")) {
      out.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_POSIX);
      put(out, "oci-layout", json(Map.of("imageLayoutVersion", "1.0.0")));
      put(out, "index.json", index);
      put(out, "manifest.json", forDocker);
      put(out, blob(configDigest), configuration);
      put(out, blob(manifestDigest), manifest);
      for (var layer : layers.stream().distinct().toList()) {
        out.putArchiveEntry(entry(blob(layer.digest()), layer.size()));
        try (var in = Files.newInputStream(layer.file())) {
          in.transferTo(out);
        }
        out.closeArchiveEntry();
      }
    }
    Files.move(part, file, StandardCopyOption.REPLACE_EXISTING);
    return new ImageArchive(file, name, tag, manifestDigest, layers);
  }

  private static Map<String, Object> configuration(ImageConfig config, List<Layer> layers) {
    var run = new TreeMap<String, Object>();
    if (!config.entrypoint().isEmpty()) {
      run.put("Entrypoint", config.entrypoint());
    }
    if (!config.command().isEmpty()) {
      run.put("Cmd", config.command());
    }
    if (!config.user().isEmpty()) {
      run.put("User", config.user());
    }
    var environment = new TreeMap<>(config.environment());
    environment.putIfAbsent("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
    run.put(
        "Env", environment.entrySet().stream().map(e -> e.getKey() + "=" + e.getValue()).toList());
    if (!config.labels().isEmpty()) {
      run.put("Labels", config.labels());
    }
    var platform = Binaries.platform();
    return Map.of(
        "architecture",
        platform.substring(platform.indexOf('-') + 1),
        "os",
        "linux",
        "created",
        Layer.TIME.toString(),
        "config",
        run,
        "rootfs",
        Map.of(
            "type",
            "layers",
            "diff_ids",
            layers.stream().map(l -> "sha256:" + l.diffId()).toList()),
        "history",
        layers.stream()
            .map(layer -> Map.of("created", Layer.TIME.toString(), "comment", layer.title()))
            .toList());
  }

  private static Map<String, Object> descriptor(String type, String digest, long size) {
    return Map.of("mediaType", type, "digest", "sha256:" + digest, "size", size);
  }

  private static String blob(String digest) {
    return "blobs/sha256/" + digest;
  }

  private static String digest(byte[] bytes) {
    return HexFormat.of().formatHex(Layer.sha256().digest(bytes));
  }

  private static byte[] json(Object value) {
    try {
      return JSON.writeValueAsString(value).getBytes(UTF_8);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("maps and lists are JSON", e);
    }
  }

  private static void put(TarArchiveOutputStream out, String name, byte[] bytes)
      throws IOException {
    out.putArchiveEntry(entry(name, bytes.length));
    out.write(bytes);
    out.closeArchiveEntry();
  }

  private static TarArchiveEntry entry(String name, long size) {
    var entry = new TarArchiveEntry(name);
    entry.setSize(size);
    entry.setModTime(Layer.TIME.toEpochMilli());
    entry.setMode(0644);
    entry.setIds(0, 0);
    return entry;
  }
}
