package dev.ringfence.vllm;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A vLLM version as Ringfence reads it: {@code a.b.c} or {@code a.b.c.d}, then optionally {@code
 * .postN}, then optionally {@code +local} (PEP 440). {@code v0.32.0}, {@code 0.33}, release
 * candidates and development builds are no versions.
 *
 * <p>Equality and order agree: a fourth part of 0 and the case of the local label do not count.
 * Order is PEP 440's: a release comes before its local labels, those before its post-releases.
 *
 * @param release three or four numbers, each below a million; the fourth is never 0
 * @param post the number of a post-release
 * @param local the local label's parts, in lower case; empty without one
 */
public record Version(List<Integer> release, OptionalInt post, List<String> local)
    implements Comparable<Version> {

  private static final String NUMBER = "(0|[1-9][0-9]{0,5})";
  private static final Pattern FORM =
      Pattern.compile(
          NUMBER
              + "\\."
              + NUMBER
              + "\\."
              + NUMBER
              + "(?:\\."
              + NUMBER
              + ")?(?:\\.post"
              + NUMBER
              + ")?(?:\\+([A-Za-z0-9]+(?:[._-][A-Za-z0-9]+)*))?");
  private static final Pattern DIGITS = Pattern.compile("[0-9]+");
  private static final int MAXIMUM_LENGTH = 64;

  public Version {
    release = List.copyOf(release);
    local = List.copyOf(local);
  }

  /** Reads a version; empty when the text is none. */
  public static Optional<Version> parse(String text) {
    if (text.length() > MAXIMUM_LENGTH) {
      return Optional.empty();
    }
    Matcher m = FORM.matcher(text);
    if (!m.matches()) {
      return Optional.empty();
    }
    List<Integer> release = new ArrayList<>();
    for (int part = 1; part <= 4; part++) {
      if (m.group(part) != null) {
        release.add(Integer.valueOf(m.group(part)));
      }
    }
    if (release.size() == 4 && release.get(3) == 0) {
      release.remove(3);
    }
    OptionalInt post =
        m.group(5) == null ? OptionalInt.empty() : OptionalInt.of(Integer.parseInt(m.group(5)));
    List<String> local =
        m.group(6) == null
            ? List.of()
            : List.of(m.group(6).toLowerCase(Locale.ROOT).split("[._-]", -1));
    return Optional.of(new Version(release, post, local));
  }

  /** This version without post-release and local label: whose tables it uses. */
  public Version base() {
    return new Version(release, OptionalInt.empty(), List.of());
  }

  /** This version without its local label. */
  Version withoutLocal() {
    return new Version(release, post, List.of());
  }

  @Override
  public int compareTo(Version other) {
    int order = 0;
    for (int i = 0; i < 4 && order == 0; i++) {
      order = Integer.compare(part(i), other.part(i));
    }
    if (order == 0) {
      order = Integer.compare(post.orElse(-1), other.post.orElse(-1));
    }
    for (int i = 0; i < Math.min(local.size(), other.local.size()) && order == 0; i++) {
      order = LOCAL.compare(local.get(i), other.local.get(i));
    }
    return order != 0 ? order : Integer.compare(local.size(), other.local.size());
  }

  private int part(int i) {
    return i < release.size() ? release.get(i) : 0;
  }

  /** PEP 440: parts of digits by value and after all others, which go by letters. */
  private static final Comparator<String> LOCAL =
      (a, b) -> {
        boolean aNumber = DIGITS.matcher(a).matches();
        boolean bNumber = DIGITS.matcher(b).matches();
        if (aNumber != bNumber) {
          return aNumber ? 1 : -1;
        }
        return aNumber
            ? new java.math.BigInteger(a).compareTo(new java.math.BigInteger(b))
            : a.compareTo(b);
      };

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    for (int part : release) {
      text.append(text.isEmpty() ? "" : ".").append(part);
    }
    post.ifPresent(n -> text.append(".post").append(n));
    return local.isEmpty() ? text.toString() : text + "+" + String.join(".", local);
  }
}
