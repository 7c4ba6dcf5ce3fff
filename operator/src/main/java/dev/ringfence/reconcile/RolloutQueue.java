package dev.ringfence.reconcile;

import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * Which workloads may restart engines now, over the whole cluster. A change that restarts engines
 * (an image, a release, a setting) has a <em>cause</em>: what it shares with other workloads. A
 * cause under which no engine was ever Ready is tried by one workload alone; when that one fails,
 * nobody else tries it. So a bad image costs one engine.
 *
 * <p>No I/O: whoever asks acts on the answer, and wakes the workloads that a change of state names.
 *
 * @param <W> names a workload
 */
final class RolloutQueue<W> {
  /** May the workload restart its next engine? */
  sealed interface Answer {
    record Go() implements Answer {}

    /**
     * @param why for people
     */
    record Wait(String why) implements Answer {}
  }

  private final Map<W, String> rolling = new LinkedHashMap<>();
  private final Map<W, String> waiting = new LinkedHashMap<>();
  private final Map<String, W> failed = new LinkedHashMap<>();
  private final Set<String> proven = new HashSet<>();

  /** Takes note of a restart that was under way when this program started. */
  synchronized void resume(W workload, String cause) {
    rolling.put(workload, cause);
  }

  /** Takes note of a cause that an engine failed under before this program started. */
  synchronized void resumeFailure(W workload, String cause) {
    failed.put(cause, workload);
  }

  /**
   * @param most how many workloads may restart engines at once
   */
  synchronized Answer ask(W workload, String cause, int most) {
    Answer answer = judge(workload, cause, most);
    switch (answer) {
      case Answer.Go ignored -> {
        waiting.remove(workload);
        rolling.put(workload, cause);
      }
      case Answer.Wait ignored -> waiting.put(workload, cause);
    }
    return answer;
  }

  private Answer judge(W workload, String cause, int most) {
    if (!proven.contains(cause)) {
      W culprit = failed.get(cause);
      if (culprit != null && !culprit.equals(workload)) {
        return new Answer.Wait(
            "the same change did not get ready at " + culprit + ", so it is not tried here");
      }
      for (Map.Entry<W, String> other : rolling.entrySet()) {
        if (other.getValue().equals(cause) && !other.getKey().equals(workload)) {
          return new Answer.Wait("the change is tried at " + other.getKey() + " first");
        }
      }
    }
    if (!rolling.containsKey(workload) && rolling.size() >= most) {
      return new Answer.Wait(
          most == 1 ? "another workload is restarting" : most + " other workloads are restarting");
    }
    return new Answer.Go();
  }

  /**
   * Every engine of the workload that was restarted is Ready, under this cause.
   *
   * @return who may have been waiting for that
   */
  synchronized Set<W> ready(W workload, String cause) {
    boolean news = proven.add(cause);
    news |= failed.remove(cause) != null;
    waiting.remove(workload);
    news |= rolling.remove(workload) != null;
    return news ? others(workload) : Set.of();
  }

  /**
   * An engine did not get Ready in its time. The workload goes back; nobody else tries what it
   * tried, unless that has worked elsewhere.
   */
  synchronized Set<W> failed(W workload, String cause) {
    if (!proven.contains(cause)) {
      failed.put(cause, workload);
    }
    rolling.remove(workload);
    return others(workload);
  }

  /** The workload has nothing to restart, or is gone. */
  synchronized Set<W> release(W workload) {
    waiting.remove(workload);
    return rolling.remove(workload) != null ? others(workload) : Set.of();
  }

  /** The workload is gone, and with it what it knew. */
  synchronized Set<W> forget(W workload) {
    waiting.remove(workload);
    boolean news = rolling.remove(workload) != null;
    news |= failed.values().removeIf(workload::equals);
    return news ? others(workload) : Set.of();
  }

  /** How many workloads are restarting engines. */
  synchronized int rolling() {
    return rolling.size();
  }

  /** How many workloads wait for their turn. */
  synchronized int waiting() {
    return waiting.size();
  }

  private Set<W> others(W workload) {
    Set<W> others = new LinkedHashSet<>(waiting.keySet());
    others.remove(workload);
    return others;
  }
}
