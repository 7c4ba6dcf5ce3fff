package dev.ringfence.guard.fetch;

import dev.ringfence.guard.model.ModelDocument;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;

/** A small model, and TrustedModels that list it. */
public final class Models {
  private Models() {}

  static String sha(byte[] content) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Files by path: a configuration, and weights of some 300 KB. */
  public static Map<String, byte[]> files() {
    byte[] header =
        "{\"w\":{\"dtype\":\"F32\",\"shape\":[75000],\"data_offsets\":[0,300000]}}"
            .getBytes(StandardCharsets.UTF_8);
    byte[] weights =
        ByteBuffer.allocate(8 + header.length + 300_000)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(header.length)
            .put(header)
            .array();
    Map<String, byte[]> out = new LinkedHashMap<>();
    out.put(
        "config.json",
        "{\"architectures\":[\"LlamaForCausalLM\"],\"vocab_size\":256}"
            .getBytes(StandardCharsets.UTF_8));
    out.put("model.safetensors", weights);
    return out;
  }

  /** The TrustedModel as text. */
  static String text(String source, Map<String, byte[]> files) {
    StringBuilder out =
        new StringBuilder(
            "apiVersion: ringfence.dev/v1alpha1\nkind: TrustedModel\nmetadata: {name: m}\nspec:\n  source:\n    huggingFace: {repository: "
                + StandInHub.REPOSITORY
                + ", revision: \""
                + StandInHub.COMMIT
                + "\""
                + source
                + "}\n  format: safetensors\n  architectures: [LlamaForCausalLM]\n  quantization: {method: none}\n  files:\n");
    files.forEach(
        (path, content) ->
            out.append("  - {path: \"")
                .append(path)
                .append("\", size: ")
                .append(content.length)
                .append(", sha256: \"")
                .append(sha(content))
                .append("\"}\n"));
    return out.toString();
  }

  static ModelDocument document(String source, Map<String, byte[]> files) {
    try {
      return ModelDocument.read(text(source, files));
    } catch (ModelDocument.Unusable e) {
      throw new IllegalStateException(e.reason(), e);
    }
  }
}
