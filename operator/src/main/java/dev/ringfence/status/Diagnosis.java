package dev.ringfence.status;

import dev.ringfence.events.Reason;
import dev.ringfence.status.Findings.Obstacle;
import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.ContainerStateWaiting;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Says in words why a pod does not serve, with the way out where Kubernetes' own words do not hold
 * it.
 */
public final class Diagnosis {
  /** 128 + SIGBUS: what becomes of a program whose shared memory is full. */
  private static final int BUS_ERROR = 135;

  /** So many restarts, and an engine is not slow but broken. */
  private static final int RESTARTS = 3;

  private Diagnosis() {}

  /**
   * The first obstacle of the newest pods.
   *
   * @param noSwapLabel the node label that rule 212 requires, as {@code key=value}; empty where it
   *     is waived
   */
  public static Optional<Obstacle> of(
      Deployment deployment, List<Pod> pods, Optional<String> noSwapLabel) {
    Optional<Obstacle> unborn =
        deployment.getStatus() == null
            ? Optional.empty()
            : deployment.getStatus().getConditions().stream()
                .filter(c -> "ReplicaFailure".equals(c.getType()) && "True".equals(c.getStatus()))
                .map(c -> unborn(Objects.requireNonNullElse(c.getMessage(), "")))
                .findFirst();
    return unborn.isPresent()
        ? unborn
        : pods.stream()
            .filter(pod -> !pod.isMarkedForDeletion())
            .sorted(
                java.util.Comparator.comparing(
                        (Pod pod) ->
                            Objects.requireNonNullElse(
                                pod.getMetadata().getCreationTimestamp(), ""))
                    .reversed())
            .flatMap(pod -> of(pod, noSwapLabel).stream())
            .findFirst();
  }

  private static Obstacle unborn(String message) {
    boolean quota = message.contains("exceeded quota");
    return new Obstacle(
        quota ? Reason.WaitingForQuota : Reason.WaitingForApi,
        (quota ? "the namespace's quota is used up: " : "pods cannot be made: ")
            + GuardState.plain(message),
        true);
  }

  public static Optional<Obstacle> of(Pod pod, Optional<String> noSwapLabel) {
    if (pod.getStatus() == null) {
      return Optional.empty();
    }
    Optional<Obstacle> unscheduled =
        pod.getStatus().getConditions().stream()
            .filter(c -> "PodScheduled".equals(c.getType()) && "False".equals(c.getStatus()))
            .map(
                c ->
                    unscheduled(
                        Objects.requireNonNullElse(c.getReason(), ""),
                        Objects.requireNonNullElse(c.getMessage(), ""),
                        noSwapLabel))
            .findFirst();
    if (unscheduled.isPresent()) {
      return unscheduled;
    }
    return Stream.concat(
            pod.getStatus().getInitContainerStatuses().stream(),
            pod.getStatus().getContainerStatuses().stream())
        .flatMap(container -> of(container).stream())
        .findFirst();
  }

  private static Obstacle unscheduled(String reason, String message, Optional<String> noSwapLabel) {
    if (reason.equals("SchedulingGated")) {
      return new Obstacle(
          Reason.WaitingForQuota, "a scheduling gate (a queue's) holds the pod back", true);
    }
    if (message.contains("unbound immediate PersistentVolumeClaims")
        || message.contains("persistentvolumeclaim")) {
      return new Obstacle(
          Reason.WaitingForVolume, "a claim has no volume: " + GuardState.plain(message), true);
    }
    if (message.contains("didn't match Pod's node affinity") && noSwapLabel.isPresent()) {
      return new Obstacle(
          Reason.WaitingForNode,
          "VLLM-212 no node with the label "
              + noSwapLabel.get()
              + " takes the engine; label a node without swap: kubectl label node NAME "
              + noSwapLabel.get()
              + " (scheduler: "
              + GuardState.plain(message)
              + ")",
          true);
    }
    return new Obstacle(
        Reason.WaitingForNode, "no node takes the engine: " + GuardState.plain(message), true);
  }

  private static Optional<Obstacle> of(ContainerStatus container) {
    ContainerStateTerminated last = ended(container);
    if (last != null && last.getExitCode() != null && last.getExitCode() == BUS_ERROR) {
      return Optional.of(
          new Obstacle(
              Reason.EngineFailed,
              "the container "
                  + container.getName()
                  + " ended with a bus error; raise resources.sharedMemory",
              false));
    }
    if (last != null && "OOMKilled".equals(last.getReason())) {
      return Optional.of(
          new Obstacle(
              Reason.EngineFailed,
              "the container "
                  + container.getName()
                  + " used more memory than it may; raise resources.memory (sharedMemory and scratch are part of it)",
              false));
    }
    ContainerStateWaiting waiting =
        container.getState() == null ? null : container.getState().getWaiting();
    if (waiting != null && waiting.getReason() != null) {
      String message = GuardState.plain(Objects.requireNonNullElse(waiting.getMessage(), ""));
      switch (waiting.getReason()) {
        case "ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull" -> {
          return Optional.of(
              new Obstacle(
                  Reason.Starting,
                  "the image of " + container.getName() + " cannot be pulled: " + message,
                  true));
        }
        case "CreateContainerConfigError", "CreateContainerError" -> {
          boolean secret = message.contains("secret");
          return Optional.of(
              new Obstacle(
                  secret ? Reason.KeysMissing : Reason.Starting,
                  container.getName() + " cannot be made: " + message,
                  true));
        }
        case "CrashLoopBackOff" -> {
          return Optional.of(
              new Obstacle(
                  Reason.EngineFailed,
                  "the container "
                      + container.getName()
                      + " ends again and again"
                      + (last == null ? "" : ", last with exit code " + last.getExitCode()),
                  !broken(container)));
        }
        default -> {}
      }
    }
    if (container.getState() != null
        && container.getState().getTerminated() != null
        && container.getState().getTerminated().getExitCode() != null
        && container.getState().getTerminated().getExitCode() != 0) {
      return Optional.of(
          new Obstacle(
              Reason.EngineFailed,
              "the container "
                  + container.getName()
                  + " ended with exit code "
                  + container.getState().getTerminated().getExitCode(),
              true));
    }
    return Optional.empty();
  }

  private static boolean broken(ContainerStatus container) {
    return container.getRestartCount() != null && container.getRestartCount() >= RESTARTS;
  }

  private static @Nullable ContainerStateTerminated ended(ContainerStatus container) {
    if (container.getState() != null && container.getState().getTerminated() != null) {
      return container.getState().getTerminated();
    }
    return container.getLastState() == null ? null : container.getLastState().getTerminated();
  }

  /** Whether a pod of the tenant ends again and again, so that waiting longer is no use. */
  public static boolean broken(List<Pod> pods) {
    return pods.stream()
        .filter(pod -> pod.getStatus() != null && !pod.isMarkedForDeletion())
        .flatMap(
            pod ->
                Stream.concat(
                    pod.getStatus().getInitContainerStatuses().stream(),
                    pod.getStatus().getContainerStatuses().stream()))
        .anyMatch(container -> broken(container) && !Boolean.TRUE.equals(container.getReady()));
  }

  /** Whether every pod has a node, so that the time that an engine has to get ready is running. */
  public static boolean scheduled(List<Pod> pods) {
    return !pods.isEmpty()
        && pods.stream()
            .allMatch(
                pod ->
                    pod.getSpec().getNodeName() != null && !pod.getSpec().getNodeName().isEmpty());
  }
}
