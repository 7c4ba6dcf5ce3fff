package dev.ringfence.e2e.images;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.Opcodes;

/**
 * A library as the class cache takes it. The virtual machine leaves two sorts of classes out, loads
 * them from the jar at every start, and verifies them anew (JDK 25, {@code
 * SystemDictionaryShared::check_for_exclusion_impl}): those of signed jars (Bouncy Castle), and
 * those with a class file from before Java 6 (picocli).
 *
 * <p>So a jar loses its signature, which nobody asks for here, and an old class gets the stack maps
 * and the version of Java 8. What the classes do stays the same; other jars stay the same bytes.
 */
final class CacheableJar {
  /** What is said of a changed one in the list of contents. */
  static final String CHANGE =
      "In the image without its signature, and its classes from before Java 6 with stack maps; the"
          + " hash is of the published file.";

  private static final Pattern SIGNATURE =
      Pattern.compile("META-INF/[^/]+\\.(SF|DSA|RSA|EC)", Pattern.CASE_INSENSITIVE);
  private static final int OLDEST = Opcodes.V1_6;

  private CacheableJar() {}

  static void copy(Path from, Path to) throws IOException {
    try (var jar = new JarFile(from.toFile(), false)) {
      if (jar.stream().noneMatch(e -> isSignature(e) || isOld(jar, e))) {
        Files.copy(from, to);
        return;
      }
      var manifest = new Manifest(jar.getManifest());
      // Digests of entries, which belong to the signature.
      manifest.getEntries().values().forEach(a -> a.keySet().removeIf(CacheableJar::isDigest));
      manifest.getEntries().values().removeIf(Attributes::isEmpty);
      try (var out = new JarOutputStream(Files.newOutputStream(to));
          var library = new URLClassLoader(new URL[] {from.toUri().toURL()})) {
        put(out, JarFile.MANIFEST_NAME, bytes(manifest));
        for (var entry : jar.stream().toList()) {
          if (!isSignature(entry) && !entry.getName().equals(JarFile.MANIFEST_NAME)) {
            put(
                out,
                entry.getName(),
                isOld(jar, entry) ? renewed(jar, entry, library) : read(jar, entry));
          }
        }
      }
    }
  }

  private static boolean isSignature(JarEntry entry) {
    return SIGNATURE.matcher(entry.getName()).matches();
  }

  private static boolean isDigest(Object attribute) {
    return attribute.toString().contains("-Digest");
  }

  private static boolean isOld(JarFile jar, JarEntry entry) {
    if (!entry.getName().endsWith(".class")) {
      return false;
    }
    try (InputStream in = jar.getInputStream(entry)) {
      // Magic number, minor version, major version.
      var head = in.readNBytes(8);
      return (((head[6] & 0xff) << 8) | (head[7] & 0xff)) < OLDEST;
    } catch (IOException e) {
      throw new UncheckedIOException(jar.getName() + ": " + entry.getName(), e);
    }
  }

  /** The same code with stack maps, which a virtual machine asks for since Java 7. */
  private static byte[] renewed(JarFile jar, JarEntry entry, ClassLoader library)
      throws IOException {
    var old = new ClassReader(read(jar, entry));
    var made =
        new ClassWriter(ClassWriter.COMPUTE_FRAMES) {
          @Override
          protected ClassLoader getClassLoader() {
            return library;
          }
        };
    old.accept(
        new ClassVisitor(Opcodes.ASM9, made) {
          @Override
          public void visit(
              int version,
              int access,
              String name,
              @Nullable String signature,
              @Nullable String superName,
              String @Nullable [] interfaces) {
            super.visit(Opcodes.V1_8, access, name, signature, superName, interfaces);
          }
        },
        ClassReader.SKIP_FRAMES);
    return made.toByteArray();
  }

  private static byte[] read(JarFile jar, JarEntry entry) throws IOException {
    try (InputStream in = jar.getInputStream(entry)) {
      return in.readAllBytes();
    }
  }

  private static byte[] bytes(Manifest manifest) throws IOException {
    var out = new ByteArrayOutputStream();
    manifest.write(out);
    return out.toByteArray();
  }

  private static void put(JarOutputStream out, String name, byte[] content) throws IOException {
    var entry = new JarEntry(name);
    // One time for all: the same bytes for the same library.
    entry.setTimeLocal(LocalDateTime.ofInstant(Layer.TIME, ZoneOffset.UTC));
    out.putNextEntry(entry);
    out.write(content);
    out.closeEntry();
  }
}
