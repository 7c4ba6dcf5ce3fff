package dev.ringfence.e2e.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where the programs come from. A script stands in for Go: the real build takes minutes. */
final class BinariesIT {
  private static final String WAY_OUT =
      "Install Go 1.26 or later (https://go.dev/dl), or set KUBEBUILDER_ASSETS to a folder with "
          + "etcd, kube-apiserver, kube-controller-manager, kube-scheduler, kubectl and kwok.";

  @TempDir private Path temp;

  /** Prints where each program is. */
  static final class Resolve {
    private Resolve() {}

    public static void main(String[] args) {
      try {
        var binaries =
            Binaries.resolve(Program.CONTROL_PLANE, System.getenv(), System.out::println);
        for (var program : Program.CONTROL_PLANE) {
          System.out.println(program.executable + " = " + binaries.of(program));
        }
      } catch (ControlPlaneException e) {
        System.out.println(e.getMessage());
        System.exit(1);
      }
    }
  }

  @Test
  void assetsComeFirstThenTheCacheThenTheBuild() throws Exception {
    go("go1.26.8", "sleep 0");
    executable(temp.resolve("assets/etcd"), "");
    executable(cached(Program.KWOK), "");

    var first = resolve("KUBEBUILDER_ASSETS", temp.resolve("assets").toString());
    assertThat(first.output())
        .contains("etcd = " + temp.resolve("assets/etcd"))
        .contains("kwok = " + cached(Program.KWOK))
        .contains("kubectl = " + cached(Program.KUBECTL))
        .contains("building kube-apiserver 1.36.3 (1 of 4), about 3 minutes\n")
        .doesNotContain("building etcd", "building kwok");
    assertThat(resolve("KUBEBUILDER_ASSETS", "").output())
        .contains("building etcd 3.7.3 (1 of 1), about a minute\n")
        .contains("etcd = " + cached(Program.ETCD));
    assertThat(resolve("KUBEBUILDER_ASSETS", "").output()).doesNotContain("building");
  }

  @Test
  void twoAtOnceBuildOnce() throws Exception {
    go("go1.26.8", "sleep 0.5");
    var environment = environment();
    try (var one = ForkedJvm.start(environment, Resolve.class);
        var two = ForkedJvm.start(environment, Resolve.class)) {
      var outputs = List.of(one.await().output(), two.await().output());
      assertThat(outputs).allMatch(output -> output.contains("kwok = " + cached(Program.KWOK)));
      assertThat(
              outputs.stream().flatMap(String::lines).filter(line -> line.startsWith("building")))
          .hasSize(6);
    }
    assertThat(Files.readAllLines(temp.resolve("calls"))).hasSize(6);
  }

  @Test
  void saysWhatToDoWithoutGo() throws Exception {
    Files.createDirectories(temp.resolve("bin"));
    assertThat(resolve("KUBEBUILDER_ASSETS", ""))
        .satisfies(
            result -> {
              assertThat(result.exitCode()).isEqualTo(1);
              assertThat(result.output())
                  .endsWith(
                      "The Kubernetes programs are not built yet and Go was not found. "
                          + WAY_OUT
                          + "\n");
            });
  }

  @Test
  void saysWhatToDoWithAnOldGo() throws Exception {
    go("go1.19.8", "");
    assertThat(resolve("KUBEBUILDER_ASSETS", "").output())
        .endsWith(
            "The Kubernetes programs are not built yet and Go is too old for them (go1.19.8). "
                + WAY_OUT
                + "\n");
  }

  @Test
  void aFailedBuildSaysWhyAndLeavesNothingInTheCache() throws Exception {
    go("go1.26.8", "echo some/file.go:1:2: no space left on device; exit 3");
    assertThat(resolve("KUBEBUILDER_ASSETS", "").output())
        .endsWith(
            """
            cannot build etcd (exit code 3):
              some/file.go:1:2: no space left on device
            """);
    try (Stream<Path> left = Files.walk(temp.resolve("cache"))) {
      assertThat(left.filter(Files::isRegularFile))
          .extracting(file -> file.getFileName().toString())
          .containsExactly("build.lock");
    }
  }

  private void go(String version, String beforeBuild) throws IOException {
    executable(
        temp.resolve("bin/go"),
        """
        [ "$1" = env ] && { echo VERSION; exit; }
        echo call >> CALLS
        BEFORE
        while [ "$1" != -o ]; do shift; done
        : > "$2"
        chmod +x "$2"
        """
            .replace("VERSION", version)
            .replace("BEFORE", beforeBuild)
            .replace("CALLS", temp.resolve("calls").toString()));
  }

  private ForkedJvm.Result resolve(String name, String value)
      throws IOException, InterruptedException {
    var environment = new HashMap<>(environment());
    environment.put(name, value);
    return ForkedJvm.run(environment, Resolve.class);
  }

  private Map<String, String> environment() {
    // Only what the script needs, and not the machine's own Go.
    var tools = Stream.of("/bin", "/usr/bin").filter(p -> !Files.exists(Path.of(p, "go")));
    return Map.of(
        "PATH",
        Stream.concat(Stream.of(temp.resolve("bin").toString()), tools)
            .collect(Collectors.joining(":")),
        "KUBEBUILDER_ASSETS",
        "",
        "RINGFENCE_CACHE",
        temp.resolve("cache").toString());
  }

  private Path cached(Program program) {
    return Binaries.folder(environment(), program.module).resolve(program.executable);
  }

  private static void executable(Path file, String script) throws IOException {
    Files.createDirectories(file.resolveSibling(""));
    Files.writeString(file, "#!/bin/sh\n" + script);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }
}
