package dev.ringfence.reconcile;

import dev.ringfence.rules.ImageReference;
import dev.ringfence.rules.Workload;

/** Names what a restart shares with those of other workloads, see {@link RolloutQueue}. */
final class Causes {
  private Causes() {}

  /** The images, and the program that renders. */
  static String of(Workload accepted, Inputs inputs, String release) {
    return digest(accepted.engine().image()) + " " + digest(inputs.guardImage()) + " " + release;
  }

  /** The image's digest; the whole reference where it has none. */
  static String digest(String image) {
    return ImageReference.parse(image).map(ImageReference::digest).orElse(image);
  }
}
