package dev.ringfence.input;

import java.util.HashMap;
import java.util.Map;
import java.util.OptionalInt;

/** Where the fields of an object stand in their file. */
public final class Lines {
  /** Of input without places, such as JSON. */
  public static final Lines NONE = new Lines(Map.of());

  private final Map<String, Integer> byPath;

  Lines(Map<String, Integer> byPath) {
    this.byPath = byPath;
  }

  /** The places inside one of the object's fields. */
  Lines below(String prefix) {
    Map<String, Integer> inside = new HashMap<>();
    byPath.forEach(
        (path, line) -> {
          if (path.equals(prefix)) {
            inside.put("", line);
          } else if (path.startsWith(prefix + ".")) {
            inside.put(path.substring(prefix.length() + 1), line);
          }
        });
    return new Lines(inside);
  }

  /** The line of a field, or of the nearest field around it that is there. */
  public OptionalInt of(String path) {
    String p = path;
    while (true) {
      Integer line = byPath.get(p);
      if (line != null) {
        return OptionalInt.of(line);
      }
      if (p.isEmpty()) {
        return OptionalInt.empty();
      }
      p = p.substring(0, Math.max(0, Math.max(p.lastIndexOf('.'), p.lastIndexOf('['))));
    }
  }
}
