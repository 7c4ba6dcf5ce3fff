package dev.ringfence.validate;

import dev.ringfence.input.InputReader;
import dev.ringfence.input.Manifest;
import dev.ringfence.input.Unreadable;
import dev.ringfence.vllm.Knowledge;
import java.io.InputStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/** What a call names on its command line, read and judged. */
public final class Inputs {
  private Inputs() {}

  /**
   * @param sources files, folders or {@code -}; each must hold something of ours
   * @param further policies and models to judge by
   */
  public static Report judge(
      List<String> sources, List<String> further, InputStream standardInput, Instant now) {
    InputReader reader = new InputReader(standardInput);
    List<Manifest> manifests = new ArrayList<>();
    List<Unreadable> errors = new ArrayList<>();
    for (String source : sources) {
      InputReader.Contents contents = reader.read(source);
      manifests.addAll(contents.manifests());
      errors.addAll(contents.unreadable());
      if (contents.unreadable().isEmpty() && contents.manifests().stream().noneMatch(Batch::ours)) {
        errors.add(
            new Unreadable(
                source,
                OptionalInt.empty(),
                "holds nothing of Ringfence's; pass manifests of VLLMDeployment, TrustedModel or VLLMPolicy ("
                    + Batch.API_VERSION
                    + ")"));
      }
    }
    for (String source : further) {
      InputReader.Contents contents = reader.read(source);
      manifests.addAll(contents.manifests());
      errors.addAll(contents.unreadable());
    }
    return new Report(Batch.judge(manifests, Knowledge.bundled(), now), List.copyOf(errors));
  }
}
