package dev.ringfence.reconcile;

import dev.ringfence.api.v1alpha1.Condition;
import dev.ringfence.api.v1alpha1.Condition.Status;
import dev.ringfence.events.EventRecorder.Severity;
import dev.ringfence.events.Reason;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Which changes of the conditions are worth an Event: what goes wrong, and what is well again.
 * Starting well is neither.
 */
final class Announcements {
  record Said(Severity severity, Reason reason, String note) {}

  private Announcements() {}

  static List<Said> of(Map<String, Condition> before, Map<String, Condition> after) {
    List<Said> said = new ArrayList<>();
    for (String type :
        List.of("Accepted", "Stalled", "NetworkIsolated", "ModelVerified", "Attested")) {
      Condition is = after.get(type);
      if (is == null || is.status() != (type.equals("Stalled") ? Status.True : Status.False)) {
        continue;
      }
      Condition was = before.get(type);
      boolean news =
          was == null || was.status() != is.status() || !was.reason().equals(is.reason());
      // Stalled repeats what Accepted says.
      boolean repeats =
          type.equals("Stalled")
              && Optional.ofNullable(after.get("Accepted"))
                  .filter(a -> a.reason().equals(is.reason()))
                  .isPresent();
      if (news && !repeats) {
        reason(is.reason())
            .ifPresent(reason -> said.add(new Said(Severity.Warning, reason, is.message())));
      }
    }
    Condition ready = after.get("Ready");
    Condition wasReady = before.get("Ready");
    if (ready != null
        && wasReady != null
        && ready.status() == Status.True
        && wasReady.status() == Status.False
        && before.containsKey("Stalled")) {
      said.add(new Said(Severity.Normal, Reason.EngineReady, ready.message()));
    }
    return said;
  }

  private static Optional<Reason> reason(String name) {
    return Arrays.stream(Reason.values()).filter(reason -> reason.name().equals(name)).findFirst();
  }
}
