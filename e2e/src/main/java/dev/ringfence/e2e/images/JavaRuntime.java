package dev.ringfence.e2e.images;

import dev.ringfence.e2e.cluster.ControlPlaneException;
import dev.ringfence.e2e.cluster.LogTail;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Provider;
import java.security.Security;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * The JDK that runs this program, cut down by jlink to what an application needs. It has to be 25:
 * a cache of loaded and linked classes works only with the very virtual machine that made it.
 */
record JavaRuntime(Path home, Set<String> modules) {
  private static final int RELEASE = 25;

  /** What jdeps does not name: found by name at run time, or named only by java.desktop. */
  private static final Set<String> ALWAYS =
      Set.of("java.logging", "java.xml", "jdk.crypto.ec", "jdk.management");

  /** SnakeYAML and Jackson ask for java.beans and do without; it would bring the desktop. */
  private static final Set<String> NEVER = Set.of("java.desktop");

  JavaRuntime {
    modules = Set.copyOf(modules);
  }

  /**
   * @param target does not exist yet
   * @param jars the application's
   */
  static JavaRuntime link(Path target, List<Path> jars) throws IOException {
    if (Runtime.version().feature() != RELEASE) {
      throw new ControlPlaneException(
          "Images need JDK %d, and the newest that was found is %d: install it or set JAVA_HOME."
              .formatted(RELEASE, Runtime.version().feature()));
    }
    var modules = new TreeSet<>(ALWAYS);
    for (var module : needed(jars)) {
      if (!NEVER.contains(module)) {
        modules.add(module);
      }
    }
    run(
        "jlink",
        List.of(
            "--add-modules",
            String.join(",", modules),
            "--strip-java-debug-attributes",
            "--no-header-files",
            "--no-man-pages",
            "--output",
            target.toString()));
    for (var tool : List.of("keytool", "jwebserver", "jrunscript", "rmiregistry")) {
      Files.deleteIfExists(target.resolve("bin").resolve(tool));
    }
    providers(target);
    return new JavaRuntime(target, modules);
  }

  /**
   * Leaves only security providers that are there in the list of them. For one that is not, the JDK
   * makes every provider on the class path on the way to the first TLS connection: Bouncy Castle,
   * with its jar's signatures, 0.3 s and 20 MB.
   */
  private static void providers(Path home) throws IOException {
    var release = Files.readString(home.resolve("release"));
    var linked = new HashSet<String>();
    release
        .lines()
        .filter(line -> line.startsWith("MODULES="))
        .map(line -> line.replaceAll("MODULES=|\"", ""))
        .forEach(line -> linked.addAll(List.of(line.split(" "))));
    // This program runs with the JDK that the run time was cut from.
    var there =
        Arrays.stream(Security.getProviders())
            .filter(provider -> linked.contains(provider.getClass().getModule().getName()))
            .map(Provider::getName)
            .toList();
    var file = home.resolve("conf/security/java.security");
    var lines = new ArrayList<String>();
    int number = 0;
    for (var line : Files.readAllLines(file)) {
      if (!line.startsWith("security.provider.")) {
        lines.add(line);
      } else if (there.contains(line.substring(line.indexOf('=') + 1).strip())) {
        lines.add("security.provider." + ++number + line.substring(line.indexOf('=')));
      }
    }
    if (number == 0) {
      throw new ControlPlaneException("No security provider of " + file + " is linked.");
    }
    Files.write(file, lines);
  }

  private static List<String> needed(List<Path> jars) throws IOException {
    var arguments =
        new ArrayList<>(
            List.of(
                "--multi-release",
                String.valueOf(RELEASE),
                "--ignore-missing-deps",
                "--print-module-deps"));
    jars.forEach(jar -> arguments.add(jar.toString()));
    // Notes on packages that two jars share come before.
    return List.of(run("jdeps", arguments).lines().toList().getLast().strip().split(","));
  }

  // As a program of its own: inside this one jlink does not find the run time that it is to cut.
  private static String run(String tool, List<String> arguments) throws IOException {
    var program = Path.of(System.getProperty("java.home"), "bin", tool);
    if (!Files.isExecutable(program)) {
      throw new ControlPlaneException(
          "Images need a whole JDK, with %s: set JAVA_HOME to one.".formatted(tool));
    }
    var command = new ArrayList<>(List.of(program.toString()));
    command.addAll(arguments);
    var process = new ProcessBuilder(command).redirectErrorStream(true).start();
    process.getOutputStream().close();
    var said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    try {
      if (process.waitFor() != 0) {
        throw new ControlPlaneException("%s failed:%n%s".formatted(tool, LogTail.of(said, 10)));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ControlPlaneException("interrupted while " + tool + " ran", e);
    }
    return said;
  }
}
