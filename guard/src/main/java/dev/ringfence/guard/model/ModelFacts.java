package dev.ringfence.guard.model;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a TrustedModel vouches for: the complete list of files, the architectures, the quantization.
 */
public record ModelFacts(
    Source source, List<String> architectures, Quantization quantization, List<ModelFile> files) {

  /** Where the bytes come from, hence who vouches for the weights. */
  public enum Source {
    /**
     * An OCI image volume: the image's digest covers the weights, so only their headers are read.
     */
    IMAGE,
    /** A prefilled volume claim. */
    CLAIM,
    /** Downloaded from a hub. */
    FETCHED
  }

  /**
   * One file: its path below the model's folder, its size in bytes, its SHA-256 in lower-case hex.
   */
  public record ModelFile(String path, long size, String sha256) {
    public boolean isWeights() {
      return path.endsWith(".safetensors");
    }
  }

  /** The declared quantization; bits and group size where the method has them. */
  public record Quantization(String method, OptionalInt bits, OptionalInt groupSize) {}

  private static final Set<String> SUFFIXES =
      Set.of(
          ".safetensors",
          ".json",
          ".txt",
          ".model",
          ".jinja",
          ".md",
          ".tiktoken",
          ".spm",
          ".bpe",
          ".vocab");
  private static final Set<String> PLAIN_NAMES = Set.of("LICENSE", "NOTICE");
  private static final Pattern PATH =
      Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._+=@,() -]*(/[A-Za-z0-9_][A-Za-z0-9._+=@,() -]*)*");
  private static final Pattern SHARD =
      Pattern.compile("(.*)-([0-9]{5})-of-([0-9]{5})\\.safetensors");
  private static final int MOST_FILES = 512;

  /** What is wrong with this list of files (CONTRACT 4), or nothing. */
  public Optional<String> fault() {
    if (files.isEmpty() || files.size() > MOST_FILES) {
      return Optional.of("files must have 1 to " + MOST_FILES + " entries");
    }
    Set<String> seen = new HashSet<>();
    Map<String, Set<Integer>> shards = new HashMap<>();
    for (ModelFile f : files) {
      Optional<String> fault = pathFault(f.path());
      if (fault.isPresent()) {
        return fault;
      }
      if (!seen.add(f.path().toLowerCase(Locale.ROOT))) {
        return Optional.of("files holds a path twice (case aside)");
      }
      boolean mayBeEmpty = f.path().endsWith(".txt") || f.path().endsWith(".md");
      if (f.size() < (mayBeEmpty ? 0 : 1) || f.size() > 1L << 53) {
        return Optional.of("files: a size is out of range");
      }
      Matcher m = SHARD.matcher(f.path());
      if (m.matches()) {
        shards
            .computeIfAbsent(m.group(1) + "/" + m.group(3), k -> new HashSet<>())
            .add(Integer.parseInt(m.group(2)));
      }
    }
    if (!seen.contains("config.json")) {
      return Optional.of("files must hold config.json");
    }
    if (files.stream().noneMatch(ModelFile::isWeights)) {
      return Optional.of("files must hold a .safetensors file");
    }
    for (Map.Entry<String, Set<Integer>> e : shards.entrySet()) {
      int of = Integer.parseInt(e.getKey().substring(e.getKey().lastIndexOf('/') + 1));
      for (int i = 1; i <= of; i++) {
        if (of > MOST_FILES || !e.getValue().contains(i)) {
          return Optional.of("files must hold every shard of a set");
        }
      }
    }
    return Optional.empty();
  }

  /** Why a path cannot be in a model, or nothing. */
  public static Optional<String> pathFault(String path) {
    if (path.length() > 255 || !PATH.matcher(path).matches()) {
      return Optional.of("files: a path is not plain and relative");
    }
    String name = path.substring(path.lastIndexOf('/') + 1);
    if (name.equals("params.json") || name.equals("adapter_config.json")) {
      return Optional.of("files must not hold " + name);
    }
    int dot = name.lastIndexOf('.');
    boolean known = dot >= 0 ? SUFFIXES.contains(name.substring(dot)) : PLAIN_NAMES.contains(name);
    return known
        ? Optional.empty()
        : Optional.of("files: a path has a suffix that no model file has");
  }
}
