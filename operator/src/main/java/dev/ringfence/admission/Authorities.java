package dev.ringfence.admission;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The authorities that are in use, as one Secret holds them: {@code 0.crt} and {@code 0.key}, and
 * during a rotation {@code 1.crt} and {@code 1.key}. A new one is trusted first ({@link
 * Times#overlap} long), then it signs; the one before is trusted until what it signed has ended.
 *
 * @param all the oldest first
 */
record Authorities(List<Authority> all) {
  /**
   * How long things are good for.
   *
   * @param authority an authority
   * @param leaf a server's certificate; a new one is made after two thirds of it
   * @param overlap from when a new authority is trusted to when it signs
   */
  record Times(Duration authority, Duration leaf, Duration overlap) {
    static final Times USUAL =
        new Times(Duration.ofDays(365), Duration.ofDays(7), Duration.ofHours(1));
  }

  Authorities {
    all =
        all.stream()
            .sorted(Comparator.comparing(a -> a.certificate().getNotBefore().toInstant()))
            .toList();
  }

  /** Read from the Secret's data; what cannot be read is as if it were not there. */
  static Authorities read(Map<String, String> data) {
    List<Authority> read = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      Optional<String> certificate = decoded(data.get(i + ".crt"));
      Optional<String> key = decoded(data.get(i + ".key"));
      if (certificate.isPresent() && key.isPresent()) {
        read(certificate.get(), key.get()).ifPresent(read::add);
      }
    }
    return new Authorities(read);
  }

  /** Empty when somebody else wrote to our Secret; a new authority takes its place. */
  private static Optional<Authority> read(String certificate, String key) {
    try {
      return Optional.of(Authority.read(certificate, key));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private static Optional<String> decoded(@org.jspecify.annotations.Nullable String base64) {
    try {
      return Optional.ofNullable(base64)
          .map(text -> new String(Base64.getDecoder().decode(text), StandardCharsets.UTF_8));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /** Whether an entry of the Secret is an authority's, not somebody else's. */
  static boolean isEntry(String name) {
    return name.matches("[0-9]+\\.(crt|key)");
  }

  /** As the Secret's data holds it. */
  Map<String, String> data() {
    Map<String, String> data = new TreeMap<>();
    for (int i = 0; i < all.size(); i++) {
      data.put(i + ".crt", encoded(Pem.text(List.of(all.get(i).certificate()))));
      data.put(i + ".key", encoded(Pem.text(all.get(i).key())));
    }
    return data;
  }

  private static String encoded(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  /** What should be there now: this, without what has ended, with what is due. */
  Authorities at(Instant now, Times times) {
    List<Authority> kept =
        new ArrayList<>(
            all.stream()
                .filter(a -> a.certificate().getNotAfter().toInstant().isAfter(now))
                .toList());
    // Two at most: the last but one signs nothing any more once the last one has for a leaf's life.
    while (kept.size() > 1
        && signsSince(kept.get(kept.size() - 1), times).plus(times.leaf()).isBefore(now)) {
      kept.remove(0);
    }
    boolean due = kept.isEmpty() || now.isAfter(renewal(kept.get(kept.size() - 1).certificate()));
    if (due) {
      kept.add(Authority.create(now, times.authority()));
    }
    return new Authorities(kept);
  }

  private static Instant signsSince(Authority a, Times times) {
    return a.certificate().getNotBefore().toInstant().plus(times.overlap());
  }

  /** After two thirds of its life. */
  static Instant renewal(X509Certificate certificate) {
    Instant begin = certificate.getNotBefore().toInstant();
    Duration life = Duration.between(begin, certificate.getNotAfter().toInstant());
    return begin.plus(life.multipliedBy(2).dividedBy(3));
  }

  /** The newest that has been trusted for long enough, or the first there ever was. */
  Authority signer(Instant now, Times times) {
    return all.reversed().stream()
        .filter(a -> !signsSince(a, times).isAfter(now))
        .findFirst()
        .orElseGet(all::getFirst);
  }

  List<X509Certificate> trusted() {
    return all.stream().map(Authority::certificate).toList();
  }

  boolean same(Authorities other) {
    return trusted().equals(other.trusted());
  }
}
