package dev.ringfence.rules;

import dev.ringfence.rules.Surroundings.PolicyState;
import dev.ringfence.rules.Surroundings.WaiverInForce;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The waivers that hold in one namespace, and which of them a verdict rests on. */
final class Waivers {
  private final Map<Rule, Instant> ends = new TreeMap<>();
  private final Map<Rule, Instant> used = new TreeMap<>();

  Waivers(PolicyState policy, String namespace, Instant now) {
    if (policy instanceof PolicyState.Valid valid) {
      valid.policy().waivers().stream()
          .filter(w -> w.namespaces().contains(namespace) && w.expires().isAfter(now))
          .sorted(Comparator.comparing(Policy.Waiver::expires))
          .forEach(w -> ends.put(w.rule(), w.expires()));
    }
  }

  /**
   * Whether the rule is lifted; call it only where it would be violated, since it is noted as used.
   */
  boolean lifts(Rule rule) {
    Optional<Instant> end = Optional.ofNullable(ends.get(rule));
    end.ifPresent(e -> used.put(rule, e));
    return end.isPresent();
  }

  List<WaiverInForce> used() {
    return used.entrySet().stream().map(e -> new WaiverInForce(e.getKey(), e.getValue())).toList();
  }
}
