package dev.ringfence.api.v1alpha1;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Jackson gives null for a list that a status does not have. */
final class Lists {
  static <T> List<T> copyOf(@Nullable List<T> list) {
    return list == null ? List.of() : List.copyOf(list);
  }

  private Lists() {}
}
