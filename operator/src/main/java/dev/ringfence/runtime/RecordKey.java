package dev.ringfence.runtime;

import dev.ringfence.admission.OwnCertificates;
import dev.ringfence.reconcile.Seal;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The key of the seals on the records, in the one Secret that the operator may read. All replicas
 * share it; whoever finds none makes one. With another key no record of before is believed: what is
 * acceptable is recorded anew, what was only held stops.
 */
final class RecordKey {
  static final String ENTRY = "records.key";

  private static final Logger LOG = LoggerFactory.getLogger(RecordKey.class);
  private static final int TRIES = 10;

  private RecordKey() {}

  /**
   * @param namespace the operator's own
   * @throws IllegalStateException when the Secret can be neither read nor written
   */
  static byte[] of(KubernetesClient client, String namespace) {
    try {
      for (int attempt = 1; ; attempt++) {
        Secret there =
            client.secrets().inNamespace(namespace).withName(OwnCertificates.SECRET).get();
        Optional<byte[]> found = Optional.ofNullable(there).flatMap(RecordKey::read);
        if (found.isPresent()) {
          return found.get();
        }
        try {
          return write(client, namespace, Optional.ofNullable(there));
        } catch (KubernetesClientException e) {
          // Another replica was faster.
          if (e.getCode() != HttpURLConnection.HTTP_CONFLICT || attempt == TRIES) {
            throw e;
          }
        }
      }
    } catch (KubernetesClientException e) {
      throw new IllegalStateException(
          "the key of the records cannot be had (code "
              + e.getCode()
              + "); let the operator get and update the Secret "
              + OwnCertificates.SECRET
              + " in "
              + namespace,
          e);
    }
  }

  private static Optional<byte[]> read(Secret secret) {
    try {
      return Optional.ofNullable(secret.getData())
          .flatMap(data -> Optional.ofNullable(data.get(ENTRY)))
          .map(Base64.getDecoder()::decode)
          .filter(key -> key.length >= Seal.KEY_BYTES);
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private static byte[] write(KubernetesClient client, String namespace, Optional<Secret> there) {
    byte[] key = new byte[Seal.KEY_BYTES];
    new SecureRandom().nextBytes(key);
    String text = Base64.getEncoder().encodeToString(key);
    if (there.isPresent()) {
      Map<String, String> data =
          new TreeMap<>(Objects.requireNonNullElse(there.get().getData(), Map.of()));
      data.put(ENTRY, text);
      client.resource(new SecretBuilder(there.get()).withData(data).build()).update();
    } else {
      client
          .resource(
              new SecretBuilder()
                  .withNewMetadata()
                  .withName(OwnCertificates.SECRET)
                  .withNamespace(namespace)
                  .addToLabels("app.kubernetes.io/part-of", "ringfence")
                  .endMetadata()
                  .withType("Opaque")
                  .withData(Map.of(ENTRY, text))
                  .build())
          .create();
    }
    LOG.info("records get a new key");
    return key;
  }
}
