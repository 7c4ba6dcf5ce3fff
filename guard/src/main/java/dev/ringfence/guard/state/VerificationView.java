package dev.ringfence.guard.state;

import dev.ringfence.guard.Rule;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What the verification of the model came to.
 *
 * @param ok empty until it was done
 * @param file the file that speaks against it
 */
public record VerificationView(
    Optional<Boolean> ok, @Nullable String file, @Nullable Rule rule, @Nullable String message) {
  public static VerificationView notYet() {
    return new VerificationView(Optional.empty(), null, null, null);
  }

  public static VerificationView good() {
    return new VerificationView(Optional.of(true), null, null, null);
  }

  public static VerificationView refused(String file, Rule rule, String message) {
    return new VerificationView(Optional.of(false), file, rule, message);
  }
}
