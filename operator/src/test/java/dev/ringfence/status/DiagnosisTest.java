package dev.ringfence.status;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class DiagnosisTest {
  private static final String SCHEDULED =
      "conditions: [{type: PodScheduled, status: 'False', reason: %s, message: \"%s\"}]";

  /** A pod's status, the reason, whether it may pass by itself, and a part of the message. */
  @ParameterizedTest(name = "{3}")
  @CsvSource(
      delimiter = '|',
      value = {
        "PodScheduled Unschedulable 0/3 nodes are available: 3 node(s) didn't match Pod's node affinity/selector | WaitingForNode | true | VLLM-212 no node with the label no-swap=true",
        "PodScheduled Unschedulable 0/3 nodes are available: 3 Insufficient nvidia.com/gpu | WaitingForNode | true | Insufficient nvidia.com/gpu",
        "PodScheduled SchedulingGated Scheduling is blocked | WaitingForQuota | true | scheduling gate",
        "PodScheduled Unschedulable pod has unbound immediate PersistentVolumeClaims | WaitingForVolume | true | a claim has no volume",
        "lastState: {terminated: {exitCode: 135}} | EngineFailed | false | raise resources.sharedMemory",
        "lastState: {terminated: {exitCode: 137, reason: OOMKilled}} | EngineFailed | false | raise resources.memory",
        "state: {waiting: {reason: ImagePullBackOff, message: no such image}} | Starting | true | cannot be pulled: no such image",
        "state: {waiting: {reason: CreateContainerConfigError, message: secret \"tls\" not found}} | KeysMissing | true | secret \"tls\" not found",
        "state: {waiting: {reason: CrashLoopBackOff}}, lastState: {terminated: {exitCode: 3}} | EngineFailed | false | last with exit code 3",
      })
  void onePod(String status, String reason, boolean waiting, String message) {
    String yaml;
    if (status.startsWith("PodScheduled ")) {
      String[] words = status.split(" ", 3);
      yaml = SCHEDULED.formatted(words[1], words[2]);
    } else {
      yaml = "containerStatuses: [{name: engine, ready: false, restartCount: 3, " + status + "}]";
    }
    Pod pod =
        new KubernetesSerialization()
            .unmarshal(
                "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nstatus: {" + yaml + "}",
                Pod.class);
    assertThat(Diagnosis.of(pod, Optional.of("no-swap=true")))
        .hasValueSatisfying(
            obstacle -> {
              assertThat(obstacle.reason().name()).isEqualTo(reason);
              assertThat(obstacle.waiting()).isEqualTo(waiting);
              assertThat(obstacle.message()).contains(message).isASCII();
            });
  }
}
