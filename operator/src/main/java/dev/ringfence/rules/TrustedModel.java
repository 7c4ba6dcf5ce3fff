package dev.ringfence.rules;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** A model that the platform team vouches for, read from a valid TrustedModel object. */
public record TrustedModel(
    String name,
    Source source,
    List<String> architectures,
    Quantization quantization,
    List<ModelFile> files,
    List<SmokeTest> smokeTests,
    Optional<Namespaces> allowedNamespaces,
    Optional<String> revoked) {

  /** Where the bytes come from. */
  public sealed interface Source {
    /**
     * @param endpoint base URL without trailing slash
     * @param auth whether the token may go to the endpoint
     * @param gated whether a workload needs a token
     */
    record HuggingFace(
        String repository, String revision, String endpoint, boolean auth, boolean gated)
        implements Source {}

    /** An OCI image volume; the reference ends in a digest. */
    record Image(String reference) implements Source {}

    /** A claim in the workload's namespace that somebody has filled. */
    record VolumeClaim(String claimName, Optional<String> path) implements Source {}
  }

  /** {@code method} is {@code none} or as vLLM spells it. */
  public record Quantization(String method, OptionalInt bits, OptionalInt groupSize) {
    public boolean none() {
      return method.equals("none");
    }
  }

  /** Size in bytes, sha256 as 64 lower-case hexadecimal digits. */
  public record ModelFile(String path, long size, String sha256) {}

  /** {@code expect} is an RE2 pattern that the answer must hold. */
  public record SmokeTest(String prompt, String expect, int maxTokens) {}

  /** The bytes of all files. */
  public long size() {
    return files.stream().mapToLong(ModelFile::size).sum();
  }
}
