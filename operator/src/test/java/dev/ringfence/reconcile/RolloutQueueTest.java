package dev.ringfence.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ringfence.reconcile.RolloutQueue.Answer;
import org.junit.jupiter.api.Test;

final class RolloutQueueTest {
  private static final String NEW = "new image";
  private static final String OLD = "old image";

  private final RolloutQueue<String> queue = new RolloutQueue<>();

  private boolean goes(String workload, String cause, int most) {
    return queue.ask(workload, cause, most) instanceof Answer.Go;
  }

  @Test
  void aNewCauseIsTriedByOneWorkloadAlone() {
    assertThat(goes("a", NEW, 5)).isTrue();
    assertThat(goes("b", NEW, 5)).isFalse();
    assertThat(queue.ready("a", NEW)).containsExactly("b");
    assertThat(goes("b", NEW, 5)).isTrue();
    assertThat(goes("c", NEW, 5)).isTrue();
  }

  @Test
  void aCauseThatFailedIsTriedByNobodyElse() {
    goes("a", NEW, 5);
    goes("b", NEW, 5);
    assertThat(queue.failed("a", NEW)).containsExactly("b");
    assertThat(goes("b", NEW, 5)).isFalse();
    assertThat(goes("a", NEW, 5)).as("whoever failed may try again").isTrue();
    queue.ready("a", NEW);
    assertThat(goes("b", NEW, 5)).isTrue();
  }

  @Test
  void aCauseThatHasWorkedElsewhereFailsForItselfOnly() {
    queue.ready("z", OLD);
    goes("a", OLD, 5);
    queue.failed("a", OLD);
    assertThat(goes("b", OLD, 5)).isTrue();
  }

  @Test
  void neverMoreThanTheBoundRestartAtOnce() {
    queue.ready("z", OLD);
    assertThat(goes("a", OLD, 2)).isTrue();
    assertThat(goes("b", OLD, 2)).isTrue();
    assertThat(goes("c", OLD, 2)).isFalse();
    assertThat(goes("a", OLD, 2)).as("goes on with its next tenant").isTrue();
    assertThat(queue.rolling()).isEqualTo(2);
    assertThat(queue.release("a")).containsExactly("c");
    assertThat(goes("c", OLD, 2)).isTrue();
    assertThat(queue.waiting()).isZero();
  }

  @Test
  void aDeletedWorkloadLeavesItsTurnAndItsFailureBehind() {
    goes("a", NEW, 1);
    queue.failed("a", NEW);
    goes("b", NEW, 1);
    assertThat(queue.forget("a")).containsExactly("b");
    assertThat(goes("b", NEW, 1)).isTrue();
  }

  @Test
  void whatWasUnderWayBeforeARestartOfTheProgramStillCounts() {
    queue.resume("a", NEW);
    queue.resumeFailure("x", "bad image");
    assertThat(goes("b", NEW, 5)).isFalse();
    assertThat(goes("b", "bad image", 5)).isFalse();
    assertThat(goes("b", OLD, 1)).isFalse();
  }
}
