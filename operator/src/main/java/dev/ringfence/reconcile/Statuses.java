package dev.ringfence.reconcile;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ringfence.api.v1alpha1.Condition;
import dev.ringfence.events.EventRecorder;
import dev.ringfence.events.EventRecorder.Severity;
import dev.ringfence.resources.RawWorkload;
import dev.ringfence.status.Conditions;
import dev.ringfence.status.Findings;
import dev.ringfence.status.Findings.Problem;
import dev.ringfence.status.Findings.Standing;
import dev.ringfence.status.WorkloadStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Writes statuses when they say something new, and the Events that go with them. */
final class Statuses {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Numbers that move while engines start are written no more often than this. */
  private static final Duration CALM = Duration.ofSeconds(30);

  /** A write: of which version, and what came of it. */
  private record Put(String before, RawWorkload answer) {}

  private final Api api;
  private final EventRecorder events;
  private final Map<String, Instant> written = new ConcurrentHashMap<>();
  private final Map<String, Put> puts = new ConcurrentHashMap<>();

  Statuses(Api api, EventRecorder events) {
    this.api = api;
    this.events = events;
  }

  /**
   * The object as our own last write of its status left it, while the informer does not have that
   * yet.
   */
  RawWorkload newest(RawWorkload cached) {
    Put last = puts.get(cached.getMetadata().getUid());
    return last != null && last.before().equals(cached.getMetadata().getResourceVersion())
        ? last.answer()
        : cached;
  }

  void forget(RawWorkload workload) {
    written.remove(workload.getMetadata().getUid());
    puts.remove(workload.getMetadata().getUid());
  }

  /**
   * The writes of one look.
   *
   * @param cached as the informer had it when the look began
   */
  Writing begin(RawWorkload cached, Instant now, Wakeups wakeups) {
    return new Writing(newest(cached), cached.getMetadata().getResourceVersion(), now, wakeups);
  }

  /** Whether nobody's decision depends on the difference: it can wait a little. */
  private static boolean onlyNumbers(JsonNode old, JsonNode fresh) {
    Map<String, Condition> before = Conditions.read(old);
    Map<String, Condition> after = Conditions.read(fresh);
    return old.path("observedGeneration").asLong() == fresh.path("observedGeneration").asLong()
        && Set.of("Accepted", "Ready", "Reconciling", "Stalled").stream()
            .allMatch(type -> said(before, type).equals(said(after, type)));
  }

  private static String said(Map<String, Condition> conditions, String type) {
    Condition condition = conditions.get(type);
    if (condition == null) {
      return "";
    }
    // The others' messages count pods and name what goes on.
    String message = type.equals("Accepted") ? condition.message() : "";
    return condition.status() + "/" + condition.reason() + "/" + message;
  }

  /** One look's. */
  final class Writing {
    private final RawWorkload workload;
    private final String cachedVersion;
    private final Instant now;
    private final Wakeups wakeups;

    /** As the last write left it. */
    private RawWorkload latest;

    private Writing(RawWorkload workload, String cachedVersion, Instant now, Wakeups wakeups) {
      this.workload = workload;
      this.cachedVersion = cachedVersion;
      this.now = now;
      this.wakeups = wakeups;
      this.latest = workload;
    }

    /** Says that this generation is being worked on before anything is made (kstatus). */
    void first() {
      if (workload.status().path("observedGeneration").asLong(-1)
          == workload.getMetadata().getGeneration()) {
        return;
      }
      put(
          withWhatServes(
              Findings.nothing(generation(), new Standing.Accepted(List.of(), List.of()))));
    }

    /** Says that the API server refuses to store what the workload needs before all else. */
    void refused(Standing standing, Problem problem) {
      ObjectNode status = withWhatServes(Findings.nothing(generation(), standing).with(problem));
      if (!Trees.digest(status).equals(Trees.digest(latest.status()))) {
        put(status);
        events.record(workload, Severity.Warning, problem.reason(), problem.message());
      }
    }

    private long generation() {
      return workload.getMetadata().getGeneration();
    }

    /** What serves goes on serving meanwhile; only what is said of this generation starts anew. */
    private ObjectNode withWhatServes(Findings findings) {
      ObjectNode tree =
          JSON.valueToTree(WorkloadStatus.of(findings, Conditions.read(latest.status()), now));
      for (String field : List.of("tenants", "readyTenants", "effective")) {
        if (workload.status().has(field)) {
          tree.set(field, workload.status().get(field).deepCopy());
        }
      }
      return tree;
    }

    void write(Findings findings) {
      Map<String, Condition> before = Conditions.read(workload.status());
      ObjectNode status =
          JSON.valueToTree(WorkloadStatus.of(findings, Conditions.read(latest.status()), now));
      if (Trees.digest(status).equals(Trees.digest(latest.status()))) {
        return;
      }
      Instant last = written.get(workload.getMetadata().getUid());
      if (last != null && last.plus(CALM).isAfter(now) && onlyNumbers(latest.status(), status)) {
        wakeups.at(last.plus(CALM));
        return;
      }
      put(status);
      Announcements.of(before, Conditions.read(status))
          .forEach(said -> events.record(workload, said.severity(), said.reason(), said.note()));
    }

    private void put(ObjectNode status) {
      ObjectNode body = latest.tree();
      ObjectNode metadata = (ObjectNode) body.path("metadata");
      // With the version that was looked at: an edit made meanwhile is a conflict, never missed.
      metadata.put("resourceVersion", latest.getMetadata().getResourceVersion());
      metadata.put("uid", latest.getMetadata().getUid());
      body.set("status", status);
      latest = api.replaceStatus(latest, body);
      puts.put(workload.getMetadata().getUid(), new Put(cachedVersion, latest));
      written.put(workload.getMetadata().getUid(), now);
    }
  }
}
