package dev.ringfence.render;

import dev.ringfence.rules.TrustedModel;
import dev.ringfence.rules.TrustedModel.ModelFile;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What rendering derives from a model's list of files. */
public final class ModelFolder {
  private static final long PAGE = 4096;

  private ModelFolder() {}

  /**
   * The digest of the list of files, 64 hexadecimal digits: equal for models of equal bytes. It
   * names the fetch Job and the folder on the claim, so another model never writes where an engine
   * reads.
   */
  public static String digest(TrustedModel model) {
    StringBuilder text = new StringBuilder();
    model.files().stream()
        .sorted(Comparator.comparing(ModelFile::path))
        .forEach(
            f ->
                text.append(f.path())
                    .append('\n')
                    .append(f.size())
                    .append('\n')
                    .append(f.sha256())
                    .append('\n'));
    return sha256(text.toString());
  }

  /** The bytes that the guard's copies of everything but weights take on tmpfs. */
  static long smallFiles(TrustedModel model) {
    return model.files().stream()
        .filter(f -> !f.path().endsWith(".safetensors"))
        .mapToLong(f -> (f.size() + PAGE - 1) / PAGE * PAGE)
        .sum();
  }

  /** The files as {@code guard.json} and a TrustedModel list them. */
  static List<Object> files(TrustedModel model) {
    List<Object> files = new ArrayList<>();
    model.files().stream()
        .sorted(Comparator.comparing(ModelFile::path))
        .forEach(f -> files.add(Map.of("path", f.path(), "size", f.size(), "sha256", f.sha256())));
    return files;
  }

  static Map<String, Object> quantization(TrustedModel model) {
    Map<String, Object> q = new LinkedHashMap<>();
    q.put("method", model.quantization().method());
    model.quantization().bits().ifPresent(bits -> q.put("bits", bits));
    model.quantization().groupSize().ifPresent(size -> q.put("groupSize", size));
    return q;
  }

  static List<Map<String, Object>> smokeTests(TrustedModel model) {
    return model.smokeTests().stream()
        .map(
            s ->
                Map.<String, Object>of(
                    "prompt", s.prompt(), "expect", s.expect(), "maxTokens", s.maxTokens()))
        .toList();
  }

  /** The model as the TrustedModel document that {@code fetch} and {@code verify} read. */
  static String document(TrustedModel model) {
    Object source =
        switch (model.source()) {
          case TrustedModel.Source.HuggingFace hf ->
              Map.of(
                  "huggingFace",
                  Map.of(
                      "repository", hf.repository(),
                      "revision", hf.revision(),
                      "endpoint", hf.endpoint(),
                      "auth", hf.auth() ? "Token" : "None",
                      "gated", hf.gated()));
          case TrustedModel.Source.Image i -> Map.of("image", Map.of("reference", i.reference()));
          case TrustedModel.Source.VolumeClaim c -> {
            Map<String, Object> claim = new LinkedHashMap<>();
            claim.put("claimName", c.claimName());
            c.path().ifPresent(p -> claim.put("path", p));
            yield Map.of("volumeClaim", claim);
          }
        };
    Map<String, Object> spec = new HashMap<>();
    spec.put("source", source);
    spec.put("format", "safetensors");
    spec.put("architectures", model.architectures());
    spec.put("quantization", quantization(model));
    spec.put("files", files(model));
    if (!model.smokeTests().isEmpty()) {
      spec.put("smokeTest", smokeTests(model));
    }
    return Json.indented(
        Map.of(
            "apiVersion",
            "ringfence.dev/v1alpha1",
            "kind",
            "TrustedModel",
            "metadata",
            Map.of("name", model.name()),
            "spec",
            spec));
  }

  static String sha256(String text) {
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every Java platform has it
    }
  }
}
