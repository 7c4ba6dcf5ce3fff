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
public final class Requests {
  public static final DenyPatterns PATTERNS =
      new DenyPatterns(
          List.of(
              Pattern.compile("(?i)ignore (all )?previous"),
              Pattern.compile("(?im)^\\s*(system|admin)\\s*:")));

  private Requests() {}

  public static Contract contract(boolean tools, boolean reasoning) {
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

  /** The contract with a smoke test. */
  public static Contract withSmokeTest() {
    Contract c = contract(true, true);
    return new Contract(
        c.namespace(),
        c.workload(),
        c.tenant(),
        c.servedNames(),
        c.endpoints(),
        c.tools(),
        c.reasoning(),
        c.drainSeconds(),
        c.engine(),
        c.ceilings(),
        List.of(new Contract.SmokeTest("2+2=", Pattern.compile("4"), 8)),
        c.model());
  }

  public static Limits.Values values(int characters, DenyMode mode) {
    return new Limits.Values(
        characters, 64, 16, new Limits.Temperature(0, 2, "0.7"), 60, 1000, 8, mode);
  }

  /** Judges a body of at most 100 characters and 64 tokens with everything open. */
  public static Checked check(Endpoint endpoint, String body) throws Refused {
    return check(endpoint, body, contract(true, true), values(100, DenyMode.ENFORCE));
  }

  public static Checked check(
      Endpoint endpoint, String body, Contract contract, Limits.Values values) throws Refused {
    return check(endpoint, body.getBytes(StandardCharsets.UTF_8), contract, values);
  }

  /** Judges bytes, as they come from a client. */
  public static Checked check(
      Endpoint endpoint, byte[] body, Contract contract, Limits.Values values) throws Refused {
    return RequestCheck.check(endpoint, body, body.length, contract, values, PATTERNS, "salt");
  }
}
