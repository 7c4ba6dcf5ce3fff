package dev.ringfence.e2e.images;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import org.assertj.core.api.Assertions;
import org.bouncycastle.cert.X509CertificateHolder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.objectweb.asm.Opcodes;
import picocli.CommandLine;

final class CacheableJarTest {
  @TempDir private Path folder;

  private static Path jarOf(Class<?> type) {
    try {
      return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }

  private Path copied(Class<?> type) throws IOException {
    var copy = folder.resolve("copy.jar");
    CacheableJar.copy(jarOf(type), copy);
    return copy;
  }

  /** Every class of it, so that one whose stack maps are wrong is found, and one that is used. */
  @Test
  void oldClassesAreRenewedAndStillWork() throws Exception {
    var copy = copied(CommandLine.class);
    try (var jar = new JarFile(copy.toFile());
        var alone =
            new URLClassLoader(
                new URL[] {copy.toUri().toURL()}, ClassLoader.getPlatformClassLoader())) {
      var classes =
          jar.stream()
              .map(JarEntry::getName)
              .filter(n -> n.startsWith("picocli/") && n.endsWith(".class"))
              .toList();
      assertThat(classes).hasSizeGreaterThan(200);
      for (var name : classes) {
        try (var in = jar.getInputStream(jar.getJarEntry(name))) {
          assertThat(in.readNBytes(8)[7]).as(name).isGreaterThanOrEqualTo((byte) Opcodes.V1_6);
        }
        // Verifies it.
        Class.forName(name.replace('/', '.').replaceFirst("\\.class$", ""), true, alone);
      }
      var spec = alone.loadClass("picocli.CommandLine$Model$CommandSpec");
      var made = spec.getMethod("create").invoke(null);
      spec.getMethod("name", String.class).invoke(made, "made-anew");
      var line = alone.loadClass("picocli.CommandLine").getConstructor(Object.class);
      var usage = line.newInstance(made);
      assertThat(usage.getClass().getMethod("getUsageMessage").invoke(usage))
          .isEqualTo("Usage: made-anew\n");
    }
  }

  @Test
  void signaturesAreLeftOut() throws IOException {
    var original = jarOf(X509CertificateHolder.class);
    var copy = copied(X509CertificateHolder.class);
    try (var before = new JarFile(original.toFile(), false);
        var after = new JarFile(copy.toFile(), true)) {
      assertThat(before.stream().map(JarEntry::getName))
          .anyMatch(n -> n.matches("META-INF/.*\\.SF"));
      assertThat(after.stream().map(JarEntry::getName))
          .noneMatch(n -> n.matches("META-INF/.*\\.(SF|DSA|RSA|EC)"));
      assertThat(after.getManifest().getEntries()).isEmpty();
      assertThat(after.getManifest().getMainAttributes())
          .isEqualTo(before.getManifest().getMainAttributes());
      for (var entry : before.stream().filter(e -> e.getName().endsWith(".class")).toList()) {
        try (var was = before.getInputStream(entry);
            var is = after.getInputStream(after.getJarEntry(entry.getName()))) {
          assertThat(is.readAllBytes()).as(entry.getName()).isEqualTo(was.readAllBytes());
        }
      }
    }
  }

  @Test
  void othersStayTheSameBytes() throws IOException {
    assertThat(Files.readAllBytes(copied(Assertions.class)))
        .isEqualTo(Files.readAllBytes(jarOf(Assertions.class)));
  }

  @Test
  void twoCopiesAreTheSameBytes() throws IOException {
    var first = Files.readAllBytes(copied(CommandLine.class));
    Files.delete(folder.resolve("copy.jar"));
    assertThat(copied(CommandLine.class)).hasBinaryContent(first);
  }
}
