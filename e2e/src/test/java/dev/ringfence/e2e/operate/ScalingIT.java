package dev.ringfence.e2e.operate;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.ringfence.e2e.cluster.LocalControlPlane;
import dev.ringfence.e2e.cluster.TestNamespace;
import dev.ringfence.e2e.cluster.WithControlPlane;
import dev.ringfence.e2e.reconcile.Bench;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The examples with objects of other products, applied with these products' own definitions from
 * their pinned Go modules: a field that is misspelt or of another version is refused.
 */
@Tag("slow")
@WithControlPlane
final class ScalingIT {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final LocalControlPlane plane;
  private final TestNamespace namespace;

  ScalingIT(LocalControlPlane plane, TestNamespace namespace) {
    this.plane = plane;
    this.namespace = namespace;
  }

  @ParameterizedTest
  @CsvSource({
    "scaling-hpa, team-scale, , ",
    "scaling-keda, team-keda, github.com/kedacore/keda/v2@v2.21.0"
        + " h1:R6z2HZvstK4RLUMxroNACzBj74xGxt3kG59b5Xc+Xps=,"
        + " config/crd/bases/keda.sh_scaledobjects.yaml",
    "kueue, team-queue, sigs.k8s.io/kueue@v0.17.0 h1:7hzb38M4eKGzYW+CFv2s1L+swzzacUCHOCXxZmAV90I=,"
        + " config/components/crd/bases/kueue.x-k8s.io_localqueues.yaml",
    "http-route, team-web, sigs.k8s.io/gateway-api@v1.5.0"
        + " h1:duoo14Ky/fJXpjpmyMISE2RTBGnfCg8zICfTYLTnBJA=,"
        + " config/crd/standard/gateway.networking.k8s.io_httproutes.yaml",
  })
  void isTakenByTheDefinitionsOfItsProduct(
      String example,
      String team,
      @org.jspecify.annotations.Nullable String module,
      @org.jspecify.annotations.Nullable String definition,
      @TempDir Path folder)
      throws IOException {
    Shell shell = Shell.with(plane.kubeconfig());
    String kubectl = plane.kubectl().toString();
    try (Bench bench = new Bench(plane, Set.of("nowhere"))) {
      if (module != null && definition != null) {
        Path file = module(module, folder).resolve(definition);
        shell.run(kubectl, "apply", "--server-side", "-f", file.toString()).ok();
        shell
            .run(
                kubectl,
                "wait",
                "--for=condition=Established",
                "--timeout=60s",
                "-f",
                file.toString())
            .ok();
      }
      String text =
          Files.readString(Shell.ROOT.resolve("deploy/examples/" + example + ".yaml"))
              .replace("namespace: " + team, "namespace: " + namespace.name())
              .replace("name: " + team, "name: " + namespace.name());
      Path file = Files.writeString(folder.resolve("example.yaml"), text);
      Shell.Ended ended = shell.run(kubectl, "apply", "--validate=strict", "-f", file.toString());
      assertThat(ended.code()).as(ended.text()).isZero();
      assertThat(bench.client()).isNotNull();
    }
  }

  /** A module's folder, as the Go module proxy has it, checked by its digest. */
  private static Path module(String pinned, Path folder) throws IOException {
    String[] parts = pinned.split(" ", -1);
    Shell.Ended ended =
        new Shell(folder, Map.of("GOWORK", "off"), 300)
            .run("go", "mod", "download", "-json", parts[0]);
    Assumptions.assumeTrue(
        ended.code() == 0, "the module " + parts[0] + " cannot be had: " + ended.text());
    JsonNode json = JSON.readTree(ended.text());
    assertThat(json.path("Sum").asText()).isEqualTo(parts[1]);
    return Path.of(json.path("Dir").asText());
  }
}
