package dev.ringfence.rules;

import java.util.List;

/** What the rules say of a policy or a model, and what it means when it is valid. */
public sealed interface Judged<T> {
  List<String> warnings();

  record Valid<T>(T value, List<String> warnings) implements Judged<T> {}

  /**
   * @param violations all of them, sorted by path; never empty
   */
  record Invalid<T>(List<Violation> violations, List<String> warnings) implements Judged<T> {}
}
