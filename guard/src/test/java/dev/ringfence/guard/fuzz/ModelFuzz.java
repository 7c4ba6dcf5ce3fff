package dev.ringfence.guard.fuzz;

import dev.ringfence.guard.model.Contents;
import dev.ringfence.guard.model.ModelDocument;
import dev.ringfence.guard.model.ModelFacts;
import dev.ringfence.guard.model.ModelFault;
import dev.ringfence.guard.model.Safetensors;
import dev.ringfence.guard.policy.PolicyDocument;
import dev.ringfence.guard.policy.PolicyFault;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Set;

/** Files of a model and documents of ours, as bytes: a fault by name, or read; nothing else. */
public final class ModelFuzz {
  private ModelFuzz() {}

  public static void fuzzerTestOneInput(byte[] input) {
    try {
      // As a file, with its own header length, and as a header alone.
      int length = Safetensors.headerLength("a.safetensors", input, input.length);
      Safetensors.check(
          "a.safetensors",
          Arrays.copyOfRange(input, Safetensors.PREFIX, Safetensors.PREFIX + length),
          input.length);
    } catch (ModelFault e) {
      plain(e.reason());
    }
    try {
      if (input.length >= 2) {
        Safetensors.check("a.safetensors", input, input.length + 1000L);
      }
    } catch (ModelFault e) {
      plain(e.reason());
    }
    try {
      Contents.search("a.json", new ByteArrayInputStream(input));
      Contents.index("a.safetensors.index.json", input, Set.of());
    } catch (ModelFault e) {
      plain(e.reason());
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    try {
      ModelDocument model = ModelDocument.read(new String(input, StandardCharsets.UTF_8));
      for (ModelFacts.ModelFile f : model.facts().files()) {
        if (f.path().startsWith("/") || f.path().contains("..") || f.size() < 0) {
          throw new AssertionError("a path that leads out");
        }
      }
    } catch (ModelDocument.Unusable e) {
      plain(e.reason());
    }
    try {
      PolicyDocument.read(input);
    } catch (PolicyFault e) {
      plain(e.reason());
    }
  }

  private static void plain(String reason) {
    if (!reason.chars().allMatch(c -> c >= 0x20 && c < 0x7f)) {
      throw new AssertionError("a message that quotes");
    }
  }
}
