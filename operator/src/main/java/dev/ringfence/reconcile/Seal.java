package dev.ringfence.reconcile;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.apps.ControllerRevision;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Tells the operator's own records from those that somebody else has made. A record holds the
 * policy that something was accepted under, so whoever could forge one would bring a policy of his
 * own; and after that policy was tightened, the record is the only witness of it. Hence each record
 * carries an HMAC-SHA-256 over all that is believed of it, under a key that only the operator has.
 * A record whose seal does not hold is none.
 */
public final class Seal {
  static final String ANNOTATION = "ringfence.dev/seal";

  /** As long as the digest: RFC 2104, section 3. */
  public static final int KEY_BYTES = 32;

  private static final String ALGORITHM = "HmacSHA256";
  private static final String OURS = "ringfence.dev/";
  private static final ObjectMapper JSON = new ObjectMapper();

  private final SecretKeySpec key;

  /**
   * @param key {@link #KEY_BYTES} bytes or more
   */
  public Seal(byte[] key) {
    if (key.length < KEY_BYTES) {
      throw new IllegalArgumentException("a key has at least " + KEY_BYTES + " bytes");
    }
    this.key = new SecretKeySpec(key, ALGORITHM);
  }

  /** The annotation for this record as it is: its place, owner, role, number, data and marks. */
  public String of(ControllerRevision record) {
    ObjectNode believed = JsonNodeFactory.instance.objectNode();
    believed.put("namespace", record.getMetadata().getNamespace());
    believed.put("name", record.getMetadata().getName());
    believed.put("revision", record.getRevision());
    ObjectNode owners = believed.putObject("owners");
    for (OwnerReference owner : record.getMetadata().getOwnerReferences()) {
      owners.put(owner.getUid(), Boolean.TRUE.equals(owner.getController()));
    }
    marks(believed.putObject("labels"), record.getMetadata().getLabels());
    marks(believed.putObject("annotations"), record.getMetadata().getAnnotations());
    believed.set("data", JSON.valueToTree(record.getData()));
    try {
      Mac mac = Mac.getInstance(ALGORITHM);
      mac.init(key);
      return HexFormat.of()
          .formatHex(mac.doFinal(Trees.canonical(believed).getBytes(StandardCharsets.UTF_8)));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java runtime has " + ALGORITHM, e);
    }
  }

  /** Other programs' labels and annotations are their business. */
  private static void marks(ObjectNode into, Map<String, String> texts) {
    new TreeMap<>(Objects.requireNonNullElse(texts, Map.<String, String>of()))
        .forEach(
            (name, text) -> {
              if (name.startsWith(OURS) && !name.equals(ANNOTATION)) {
                into.put(name, text);
              }
            });
  }

  /** Whether the record is as the operator wrote it. */
  boolean holds(ControllerRevision record) {
    Map<String, String> annotations = record.getMetadata().getAnnotations();
    String found = annotations == null ? "" : annotations.getOrDefault(ANNOTATION, "");
    return record.getRevision() != null
        && MessageDigest.isEqual(
            of(record).getBytes(StandardCharsets.US_ASCII),
            found.getBytes(StandardCharsets.US_ASCII));
  }
}
