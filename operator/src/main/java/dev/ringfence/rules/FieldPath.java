package dev.ringfence.rules;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Where a value stands in an object, as Kubernetes writes it: {@code spec.tenants[0].name}. */
public final class FieldPath {
  private final String text;

  private FieldPath(String text) {
    this.text = text;
  }

  public static FieldPath root(String name) {
    return new FieldPath(name);
  }

  /** The object itself; its children have no leading dot. */
  public static FieldPath object() {
    return new FieldPath("");
  }

  public FieldPath child(String name) {
    return new FieldPath(text.isEmpty() ? name : text + "." + name);
  }

  public FieldPath index(int i) {
    return new FieldPath(text + "[" + i + "]");
  }

  /** An entry of a map, as {@code nodeSelector[gpu]}. */
  public FieldPath key(String key) {
    return new FieldPath(text + "[" + key + "]");
  }

  @Override
  public String toString() {
    return text;
  }

  @Override
  public boolean equals(@Nullable Object o) {
    return o instanceof FieldPath p && p.text.equals(text);
  }

  @Override
  public int hashCode() {
    return text.hashCode();
  }

  /**
   * Orders paths as a reader expects: by part, numbers by value ({@code a[2]} before {@code
   * a[10]}).
   */
  static int compareTexts(String a, String b) {
    int i = 0;
    int j = 0;
    while (i < a.length() && j < b.length()) {
      Optional<String> na = digits(a, i);
      Optional<String> nb = digits(b, j);
      if (na.isPresent() && nb.isPresent()) {
        int byLength = Integer.compare(na.get().length(), nb.get().length());
        int c = byLength != 0 ? byLength : na.get().compareTo(nb.get());
        if (c != 0) {
          return c;
        }
        i += na.get().length();
        j += nb.get().length();
      } else if (na.isPresent() || nb.isPresent()) {
        return na.isPresent() ? -1 : 1;
      } else {
        int c = Character.compare(a.charAt(i++), b.charAt(j++));
        if (c != 0) {
          return c;
        }
      }
    }
    return Integer.compare(a.length() - i, b.length() - j);
  }

  private static Optional<String> digits(String s, int from) {
    int to = from;
    while (to < s.length() && s.charAt(to) >= '0' && s.charAt(to) <= '9') {
      to++;
    }
    return to == from ? Optional.empty() : Optional.of(s.substring(from, to));
  }
}
