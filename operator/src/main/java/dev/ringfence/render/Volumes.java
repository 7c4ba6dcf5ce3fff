package dev.ringfence.render;

import dev.ringfence.rules.TrustedModel.Source;
import dev.ringfence.rules.Workload;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeBuilder;

/** Volumes that are not tmpfs. */
final class Volumes {
  static final String MODEL = "model";

  /** For the pod's group only: 0440. */
  private static final int GROUP_READABLE = 0440;

  private Volumes() {}

  /** The model for those who only read it. */
  static Volume model(Workload w) {
    VolumeBuilder v = new VolumeBuilder().withName(MODEL);
    return switch (w.model().source()) {
      case Source.HuggingFace hf ->
          v.withNewPersistentVolumeClaim(Names.claim(w.name()), true).build();
      case Source.VolumeClaim c -> v.withNewPersistentVolumeClaim(c.claimName(), true).build();
      case Source.Image i -> v.withNewImage().withReference(i.reference()).endImage().build();
    };
  }

  static Volume secret(String volume, String secret, boolean optional) {
    VolumeBuilder v =
        new VolumeBuilder()
            .withName(volume)
            .withNewSecret()
            .withSecretName(secret)
            .withDefaultMode(GROUP_READABLE)
            .endSecret();
    if (optional) {
      v.editSecret().withOptional(true).endSecret();
    }
    return v.build();
  }

  /** One entry of a Secret as one file. */
  static Volume secretEntry(String volume, String secret, String key, String path) {
    return new VolumeBuilder()
        .withName(volume)
        .withNewSecret()
        .withSecretName(secret)
        .withDefaultMode(GROUP_READABLE)
        .addNewItem()
        .withKey(key)
        .withPath(path)
        .endItem()
        .endSecret()
        .build();
  }
}
