package dev.ringfence.e2e.vllm;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

/** A workload on a CPU as a user would declare it, and what becomes of it. */
final class Declared {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** The one key of the tenant. */
  static final String KEY = "real-engine-key-0123456789abcdefghij";

  /** Group of the pod's volumes, as the rendered {@code fsGroup}. */
  private static final int GROUP = 2000;

  private Declared() {}

  /** Writes workload, policy, model and key below a folder, and renders them. */
  static RealPod.Parts parts(Path folder, Path model, String trusted)
      throws IOException, InterruptedException {
    Files.createDirectories(folder);
    Path workload = folder.resolve("workload.yaml");
    try (InputStream in = Declared.class.getResourceAsStream("workload.yaml")) {
      Files.write(workload, Objects.requireNonNull(in).readAllBytes());
    }
    Path catalogue = Files.writeString(folder.resolve("model.yaml"), trusted);
    Path rendered =
        Files.writeString(folder.resolve("rendered.yaml"), Programs.render(workload, catalogue));
    return new RealPod.Parts(rendered, model, keys(folder.resolve("keys")));
  }

  /** The Secret as a kubelet mounts it: 0440, of the volumes' group. */
  private static Path keys(Path folder) throws IOException {
    Files.createDirectories(folder);
    Path key = Files.writeString(folder.resolve("alice"), KEY + "\n");
    Files.setAttribute(key, "unix:gid", GROUP, LinkOption.NOFOLLOW_LINKS);
    Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("r--r-----"));
    return folder;
  }

  /** What {@code ./ringfence trust DIR} prints, with a smoke test; the model is named tiny. */
  static String trusted(Path model) throws IOException, InterruptedException {
    Programs.Result trust = Programs.trust(model);
    assertThat(trust.exitCode()).as(trust.err()).isZero();
    return trust.out()
        + "  smokeTest: [{prompt: \"begin\", expect: \"engineer reads every line\", maxTokens:"
        + " 16}]\n";
  }

  /**
   * A TrustedModel by which somebody vouches for a folder that {@code trust} refuses: right in all
   * digests, so that what is refused is the content. Files that no catalogue may list lie there
   * unlisted.
   */
  static String vouchedByMistake(Path model) throws IOException {
    StringBuilder out =
        new StringBuilder(
            """
            apiVersion: ringfence.dev/v1alpha1
            kind: TrustedModel
            metadata: {name: tiny}
            spec:
              source:
                volumeClaim: {claimName: models, path: tiny}
              format: safetensors
              architectures: [LlamaForCausalLM]
              quantization: {method: none}
              files:
            """);
    try (Stream<Path> files = Files.list(model)) {
      for (Path file : files.sorted().toList()) {
        String name = file.getFileName().toString();
        if (name.equals("params.json") || name.endsWith(".py")) {
          continue;
        }
        out.append(
            "  - {path: \"%s\", size: %d, sha256: \"%s\"}\n"
                .formatted(name, Files.size(file), sha256(file)));
      }
    }
    return out.toString();
  }

  static String sha256(Path file) throws IOException {
    try {
      return HexFormat.of()
          .formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Runs steps of {@code client.py} with OpenAI's own Python client; step → what it saw. */
  static JsonNode client(
      Path environment, RealPod pod, Map<String, String> more, List<String> steps)
      throws IOException, InterruptedException {
    Path script = Files.createTempFile("ringfence-client-", ".py");
    try (InputStream in = Declared.class.getResourceAsStream("client.py")) {
      Files.write(script, Objects.requireNonNull(in).readAllBytes());
    }
    try {
      Map<String, String> variables = new HashMap<>(more);
      variables.put("BASE_URL", pod.api() + "/v1");
      variables.put("API_KEY", KEY);
      List<String> command =
          Stream.concat(
                  Stream.of(environment.resolve("bin/python").toString(), script.toString()),
                  steps.stream())
              .toList();
      Programs.Result result = Programs.run(variables, command);
      assertThat(result.exitCode()).as(result.err()).isZero();
      ObjectNode seen = JSON.createObjectNode();
      for (String line : result.out().lines().toList()) {
        seen.setAll((ObjectNode) JSON.readTree(line));
      }
      return seen;
    } finally {
      Files.deleteIfExists(script);
    }
  }
}
