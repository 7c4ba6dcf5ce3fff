package dev.ringfence.guard.request;

import com.google.re2j.Pattern;
import dev.ringfence.guard.http.Refused;
import dev.ringfence.guard.model.ModelFacts;
import dev.ringfence.guard.policy.Contract;
import dev.ringfence.guard.policy.DenyMode;
import dev.ringfence.guard.policy.Endpoint;
import dev.ringfence.guard.policy.Limits;
import java.nio.charset.StandardCharsets;
import java.util.EnumSet;
import java.util.List;
import java.util.OptionalInt;

/** Judges bodies against a contract of the tests' own. */
final class Requests {
  static final DenyPatterns PATTERNS =
      new DenyPatterns(
          List.of(
              Pattern.compile("(?i)ignore (all )?previous"),
              Pattern.compile("(?im)^\\s*(system|admin)\\s*:")));

  private Requests() {}

  static Contract contract(boolean tools, boolean reasoning) {
    return new Contract(
        "n",
        "w",
        "t",
        List.of("m", "m2"),
        EnumSet.allOf(Endpoint.class),
        tools,
        reasoning,
        60,
        new Contract.Engine("0.32.0", 0.85, 4096, "/run/served/model"),
        new Contract.Ceilings(100, 64, 2, 60, 1000, 8, DenyMode.OFF),
        List.of(),
        new ModelFacts(
            ModelFacts.Source.CLAIM,
            List.of("A"),
            new ModelFacts.Quantization("none", OptionalInt.empty(), OptionalInt.empty()),
            List.of()));
  }

  static Limits.Values values(int characters, DenyMode mode) {
    return new Limits.Values(
        characters, 64, 16, new Limits.Temperature(0, 2, "0.7"), 60, 1000, 8, mode);
  }

  /** Judges a body of at most 100 characters and 64 tokens with everything open. */
  static Checked check(Endpoint endpoint, String body) throws Refused {
    return check(endpoint, body, contract(true, true), values(100, DenyMode.ENFORCE));
  }

  static Checked check(Endpoint endpoint, String body, Contract contract, Limits.Values values)
      throws Refused {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    return RequestCheck.check(endpoint, bytes, bytes.length, contract, values, PATTERNS, "salt");
  }
}
