package dev.ringfence.e2e.demo;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

/** The manifests of the demonstration, written to a folder that the user can go on with. */
final class Samples {
  /** A workload that is refused, and why it is shown. */
  record Bad(String file, String title) {}

  static final List<Bad> BAD =
      List.of(
          new Bad("bad-1-prefix-cache.yaml", "a prefix cache that all users share"),
          new Bad(
              "bad-2-memory.yaml",
              "nearly all GPU memory, and a context that the policy does not allow"),
          new Bad(
              "bad-3-remote-code.yaml", "remote code, in the spelling that vLLM would complete"),
          new Bad("bad-4-hub-model.yaml", "a model straight from a hub"),
          new Bad("bad-5-token.yaml", "a token written down"),
          new Bad("bad-6-shared-keys.yaml", "two tenants with one Secret of keys"));

  private static final List<String> CRDS =
      List.of(
          "vllmdeployments.ringfence.dev.yaml",
          "trustedmodels.ringfence.dev.yaml",
          "vllmpolicies.ringfence.dev.yaml");
  private static final List<String> GOOD = List.of("policy.yaml", "model.yaml", "workload.yaml");

  private final Path folder;

  Samples(Path folder) {
    this.folder = folder;
  }

  Path folder() {
    return folder;
  }

  void write() {
    CRDS.forEach(name -> copy("/dev/ringfence/crds/" + name, "crds/" + name));
    GOOD.forEach(name -> copy("/dev/ringfence/samples/" + name, "good/" + name));
    copy("/dev/ringfence/e2e/demo/keys.yaml", "good/keys.yaml");
    BAD.forEach(bad -> copy("/dev/ringfence/e2e/demo/" + bad.file(), bad.file()));
    copy("/dev/ringfence/e2e/demo/foreign.yaml", "foreign.yaml");
  }

  private void copy(String resource, String name) {
    Path file = folder.resolve(name);
    try (InputStream in = Samples.class.getResourceAsStream(resource)) {
      Files.createDirectories(Objects.requireNonNull(file.getParent()));
      byte[] bytes = Objects.requireNonNull(in, resource).readAllBytes();
      Files.writeString(file, new String(bytes, StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write " + file, e);
    }
  }
}
