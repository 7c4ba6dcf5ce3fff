package dev.ringfence.rules;

import java.util.Comparator;
import java.util.Optional;

/**
 * One fault of one field.
 *
 * @param path the field, as {@code spec.tenants[0].name}
 * @param value what stands there as a message shows it (quoted when a string, cut after 60
 *     characters); empty for kinds that show none, and for faults over several fields
 * @param detail {@code must ...; <fix>}, ASCII, without the rule's id
 */
public record Violation(String path, Kind kind, Optional<String> value, Rule rule, String detail)
    implements Comparable<Violation> {
  private static final Comparator<Violation> ORDER =
      Comparator.<Violation, String>comparing(v -> v.path, FieldPath::compareTexts)
          .thenComparing(Violation::rule)
          .thenComparing(Violation::detail);

  /** The whole line: {@code <path>: <kind>: [<value>: ]<rule> must ...; <fix>}. */
  public String message() {
    return path + ": " + cause();
  }

  /** The line without its path, as {@code details.causes[].message} holds it. */
  public String cause() {
    return kind.text() + ": " + value.map(v -> v + ": ").orElse("") + rule.id() + " " + detail;
  }

  @Override
  public int compareTo(Violation other) {
    return ORDER.compare(this, other);
  }
}
