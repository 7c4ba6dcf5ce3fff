package dev.ringfence.guard.keys;

import java.nio.charset.StandardCharsets;
import java.security.InvalidKeyException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * The keys that open: immutable, exchanged as a whole. It holds digests only. A presented key is
 * hashed, the digest hashed again under a secret of this process, and looked up by that: how long
 * it takes says nothing about what is stored, and a thousand keys cost what one costs.
 */
public final class KeyRing {

  /**
   * Who asks: the name of an entry of the Secret.
   *
   * @param cacheSalt what the engine gets to keep this id's prefixes apart; stable while the guard
   *     runs
   */
  public record KeyId(String name, String cacheSalt) {}

  @SuppressWarnings("ArrayRecordComponent") // compared by isEqual only
  private record Line(byte[] digest, KeyId id) {}

  /** Drawn when the guard starts; never leaves the process. */
  private static final SecretKeySpec SECRET = secret();

  private static final int SHORTEST_KEY = 32;
  private static final int LONGEST_KEY = 512;

  private final List<KeyId> ids;
  private final Map<Long, List<Line>> lines;
  private final String generation;

  private KeyRing(List<KeyId> ids, Map<Long, List<Line>> lines, String generation) {
    this.ids = ids;
    this.lines = lines;
    this.generation = generation;
  }

  /** A ring that opens nothing. */
  public static KeyRing empty() {
    return of(new java.util.TreeMap<>());
  }

  /** A ring of these entries: key id to the SHA-256 digests of its keys. */
  public static KeyRing of(SortedMap<String, List<byte[]>> entries) {
    List<KeyId> ids = new ArrayList<>();
    Map<Long, List<Line>> lines = new HashMap<>();
    MessageDigest all = sha256();
    entries.forEach(
        (name, digests) -> {
          KeyId id = new KeyId(name, HexFormat.of().formatHex(mac("salt/" + name)));
          ids.add(id);
          all.update((name + "\n").getBytes(StandardCharsets.UTF_8));
          for (byte[] digest : digests) {
            all.update(digest);
            lines.computeIfAbsent(slot(digest), k -> new ArrayList<>(1)).add(new Line(digest, id));
          }
        });
    return new KeyRing(
        List.copyOf(ids), lines, HexFormat.of().formatHex(all.digest()).substring(0, 8));
  }

  public List<KeyId> ids() {
    return ids;
  }

  /** Whether there is any key at all. */
  public boolean opensNothing() {
    return lines.isEmpty();
  }

  /** Changes with the keys: the first 8 hex digits of a hash over ids and digests. */
  public String generation() {
    return generation;
  }

  /** Whose key this is, if anybody's. */
  public Optional<KeyId> find(String key) {
    if (key.length() < SHORTEST_KEY || key.length() > LONGEST_KEY) {
      return Optional.empty();
    }
    byte[] digest = digest(key);
    Optional<KeyId> found = Optional.empty();
    for (Line line : lines.getOrDefault(slot(digest), List.of())) {
      if (MessageDigest.isEqual(line.digest(), digest) && found.isEmpty()) {
        found = Optional.of(line.id());
      }
    }
    return found;
  }

  /** What is kept of a key. */
  public static byte[] digest(String key) {
    return sha256().digest(key.getBytes(StandardCharsets.ISO_8859_1));
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static long slot(byte[] digest) {
    byte[] code = mac(digest);
    long slot = 0;
    for (int i = 0; i < 8; i++) {
      slot = (slot << 8) | (code[i] & 0xff);
    }
    return slot;
  }

  private static byte[] mac(String text) {
    return mac(text.getBytes(StandardCharsets.UTF_8));
  }

  private static byte[] mac(byte[] data) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(SECRET);
      return mac.doFinal(data);
    } catch (NoSuchAlgorithmException | InvalidKeyException e) {
      throw new IllegalStateException(e);
    }
  }

  private static SecretKeySpec secret() {
    byte[] random = new byte[32];
    new SecureRandom().nextBytes(random);
    return new SecretKeySpec(random, "HmacSHA256");
  }
}
