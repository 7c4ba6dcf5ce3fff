package dev.ringfence.e2e.engine;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A model's files that the stand-in engine takes and the verifier accepts; no engine could answer
 * from them.
 *
 * @param files contents by path
 */
public record StandInModel(SortedMap<String, byte[]> files) {
  private static final String CONFIG =
      """
      {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 64,
       "num_hidden_layers": 1, "num_attention_heads": 4, "vocab_size": 256,
       "max_position_embeddings": 4096%s}
      """;

  /** One without quantization. */
  public static StandInModel plain() {
    return of("");
  }

  /** One that says it is quantized by AWQ to four bits in groups of 128. */
  public static StandInModel awq() {
    return of(
        """
        ,
         "quantization_config": {"quant_method": "awq", "bits": 4, "group_size": 128}""");
  }

  private static StandInModel of(String more) {
    byte[] header =
        "{\"w\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[0,16]}}"
            .getBytes(StandardCharsets.UTF_8);
    byte[] weights =
        ByteBuffer.allocate(8 + header.length + 16)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(header.length)
            .put(header)
            .array();
    return new StandInModel(
        new TreeMap<>(
            Map.of(
                "config.json",
                CONFIG.formatted(more).getBytes(StandardCharsets.UTF_8),
                "model.safetensors",
                weights,
                "tokenizer.json",
                "{\"version\": \"1.0\"}\n".getBytes(StandardCharsets.UTF_8))));
  }

  /** Writes the files into a folder that is there. */
  public void write(Path folder) throws IOException {
    for (var file : files.entrySet()) {
      Files.write(folder.resolve(file.getKey()), file.getValue());
    }
  }

  /**
   * What the platform team vouches for.
   *
   * @param name of the TrustedModel
   * @param source as in {@code spec.source}, one line of YAML
   * @param more further lines of the spec, indented by two blanks
   */
  public String trusted(String name, String source, String more) {
    StringBuilder list = new StringBuilder();
    files.forEach(
        (path, bytes) ->
            list.append(
                "  - {path: %s, size: %d, sha256: \"%s\"}\n"
                    .formatted(path, bytes.length, sha256(bytes))));
    return """
    apiVersion: ringfence.dev/v1alpha1
    kind: TrustedModel
    metadata: {name: %s}
    spec:
      source: %s
      format: safetensors
      architectures: [LlamaForCausalLM]
    %s  files:
    %s"""
        .formatted(name, source, more, list);
  }

  /** The digest of some bytes, as a TrustedModel has it. */
  public static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
