package dev.ringfence.e2e.images;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** That archives are what the OCI image layout and Docker say, and the same bytes every time. */
final class ImageArchiveTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private Path temp;

  @Test
  void bothLayoutsNameTheSameBlobsByTheirDigests() throws Exception {
    var image = write("one.tar", tree("one"));
    var entries = entries(image.file());

    assertThat(new String(entries.get("oci-layout"), StandardCharsets.UTF_8))
        .isEqualTo("{\"imageLayoutVersion\":\"1.0.0\"}");
    for (var blob : entries.entrySet()) {
      if (blob.getKey().startsWith("blobs/sha256/")) {
        assertThat("blobs/sha256/" + sha256(blob.getValue())).isEqualTo(blob.getKey());
      }
    }
    var index = JSON.readTree(entries.get("index.json")).get("manifests");
    assertThat(index).hasSize(2);
    assertThat(index.findValuesAsText("io.containerd.image.name"))
        .containsExactly("registry.example/x:1", image.reference());
    assertThat(index.findValuesAsText("digest")).containsOnly("sha256:" + image.digest());

    var manifest = JSON.readTree(entries.get("blobs/sha256/" + image.digest()));
    var docker = JSON.readTree(entries.get("manifest.json")).get(0);
    assertThat("blobs/" + manifest.at("/config/digest").asText().replace(':', '/'))
        .isEqualTo(docker.get("Config").asText());
    assertThat("blobs/" + manifest.at("/layers/0/digest").asText().replace(':', '/'))
        .isEqualTo(docker.at("/Layers/0").asText());
    var config = JSON.readTree(entries.get(docker.get("Config").asText()));
    var layer = entries.get(docker.at("/Layers/0").asText());
    try (var plain = new GZIPInputStream(new ByteArrayInputStream(layer))) {
      assertThat(config.at("/rootfs/diff_ids/0").asText())
          .isEqualTo("sha256:" + sha256(plain.readAllBytes()));
    }
    assertThat(config.at("/config/User").asText()).isEqualTo("7:7");
    assertThat(config.at("/config/Entrypoint/0").asText()).isEqualTo("/bin/x");
  }

  @Test
  void filesKeepTheirModesAndLinksAndBelongToRoot() throws Exception {
    var image = write("one.tar", tree("one"));
    var layer = entries(image.file()).get("blobs/sha256/" + image.layers().getFirst().digest());
    var found = new HashMap<String, TarArchiveEntry>();
    try (var tar =
        new TarArchiveInputStream(new GZIPInputStream(new ByteArrayInputStream(layer)))) {
      for (var entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
        found.put(entry.getName(), entry);
      }
    }
    assertThat(found).containsOnlyKeys("bin/", "bin/x", "bin/y", "tmp/");
    assertThat(requireNonNull(found.get("bin/x")).getMode() & 07777).isEqualTo(0755);
    assertThat(requireNonNull(found.get("bin/y")).getLinkName()).isEqualTo("x");
    assertThat(requireNonNull(found.get("tmp/")).getMode() & 07777).isEqualTo(01777);
    assertThat(found.values())
        .allMatch(e -> e.getLongUserId() == 0 && e.getLongGroupId() == 0)
        .allMatch(e -> e.getLastModifiedTime().toInstant().equals(Layer.TIME));
  }

  @Test
  void theSameTreeGivesTheSameBytes() throws Exception {
    var one = write("one.tar", tree("one"));
    var other = tree("two");
    Files.setLastModifiedTime(
        other.resolve("bin/x"), FileTime.from(Instant.parse("2020-02-02T02:02:02Z")));
    var two = write("two.tar", other);
    assertThat(two.digest()).isEqualTo(one.digest());
    assertThat(two.file()).hasSameBinaryContentAs(one.file());

    Files.writeString(other.resolve("bin/x"), "else");
    assertThat(write("three.tar", other).digest()).isNotEqualTo(one.digest());
  }

  private Path tree(String name) throws IOException {
    var tree = temp.resolve(name);
    Files.createDirectories(tree.resolve("bin"));
    Files.writeString(tree.resolve("bin/x"), "x");
    Files.setPosixFilePermissions(
        tree.resolve("bin/x"), PosixFilePermissions.fromString("rwxr-xr-x"));
    Files.createSymbolicLink(tree.resolve("bin/y"), Path.of("x"));
    Files.createDirectories(tree.resolve("tmp"));
    Files.setPosixFilePermissions(
        tree.resolve("tmp"), PosixFilePermissions.fromString("rwxrwxrwx"));
    return tree;
  }

  private ImageArchive write(String name, Path tree) throws IOException {
    return ImageArchive.write(
        temp.resolve(name),
        "registry.example/x",
        "1",
        new ImageConfig(List.of("/bin/x"), List.of(), "7:7", Map.of(), Map.of("a", "b")),
        List.of(Layer.of("all", tree, temp.resolve(name + ".layer"))));
  }

  private static Map<String, byte[]> entries(Path archive) throws IOException {
    var entries = new HashMap<String, byte[]>();
    try (var tar = new TarArchiveInputStream(Files.newInputStream(archive))) {
      for (var entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
        entries.put(entry.getName(), tar.readAllBytes());
      }
    }
    return entries;
  }

  private static String sha256(byte[] bytes) {
    return HexFormat.of().formatHex(Layer.sha256().digest(bytes));
  }
}
