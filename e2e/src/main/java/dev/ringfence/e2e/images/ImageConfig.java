package dev.ringfence.e2e.images;

import java.util.List;
import java.util.Map;

/**
 * How an image runs.
 *
 * @param entrypoint the program and its first arguments; may be empty for an image that is only
 *     mounted
 * @param command the arguments that a pod's {@code args} replace
 * @param user {@code <uid>:<gid>}, or empty for root
 * @param environment beside {@code PATH}
 * @param labels such as {@code org.opencontainers.image.title}
 */
public record ImageConfig(
    List<String> entrypoint,
    List<String> command,
    String user,
    Map<String, String> environment,
    Map<String, String> labels) {
  public ImageConfig {
    entrypoint = List.copyOf(entrypoint);
    command = List.copyOf(command);
    environment = Map.copyOf(environment);
    labels = Map.copyOf(labels);
  }

  /** Of an image that is only mounted. */
  public static ImageConfig data() {
    return new ImageConfig(List.of(), List.of(), "", Map.of(), Map.of());
  }
}
