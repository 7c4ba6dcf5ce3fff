package dev.ringfence.guard.answer;

import dev.ringfence.guard.json.Json;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Values of an engine's answer, taken for what they should be. */
final class Values {
  private static final int MOST_LABEL = 128;

  private Values() {}

  /** Whether a value has at most so many parts, and no long text. */
  static boolean bounded(Json value, int[] parts) {
    if (--parts[0] < 0) {
      return false;
    }
    return switch (value) {
      case Json.Obj o ->
          o.members().entrySet().stream()
              .allMatch(e -> e.getKey().length() <= MOST_LABEL && bounded(e.getValue(), parts));
      case Json.Arr a -> a.items().stream().allMatch(v -> bounded(v, parts));
      case Json.Str s -> s.text().length() <= MOST_LABEL;
      default -> true;
    };
  }

  static Json.Obj object(@Nullable Json value) throws NotAnAnswer {
    if (value instanceof Json.Obj o) {
      return o;
    }
    throw new NotAnAnswer();
  }

  static List<Json> array(@Nullable Json value) throws NotAnAnswer {
    if (value instanceof Json.Arr a) {
      return a.items();
    }
    throw new NotAnAnswer();
  }

  static String textOr(@Nullable Json value, String other) {
    return value instanceof Json.Str s ? s.text() : other;
  }

  static long integer(@Nullable Json value, long other) {
    return value instanceof Json.Num n && n.asLong().isPresent() ? n.asLong().getAsLong() : other;
  }

  /** A short text of printable ASCII: what an engine calls things. */
  static String label(String text) {
    StringBuilder out = new StringBuilder(Math.min(text.length(), MOST_LABEL));
    for (int i = 0; i < text.length() && out.length() < MOST_LABEL; i++) {
      char c = text.charAt(i);
      if (c >= 0x20 && c < 0x7f) {
        out.append(c);
      }
    }
    return out.toString();
  }
}
