package dev.ringfence.vllm;

import java.util.List;
import java.util.Optional;

/**
 * One published fault of vLLM.
 *
 * @param id CVE, GHSA or PYSEC number
 * @param aliases its other numbers
 * @param affected the versions that have it
 * @param fixed the first version without it, where one is recorded
 * @param blocks whether rule 207 refuses the affected versions; false only with a reason in {@code
 *     what}
 * @param what one line: what an attacker gains
 * @param source where the range comes from
 */
public record Advisory(
    String id,
    List<String> aliases,
    VersionRange affected,
    Optional<Version> fixed,
    boolean blocks,
    String what,
    String source) {

  public Advisory {
    aliases = List.copyOf(aliases);
  }
}
