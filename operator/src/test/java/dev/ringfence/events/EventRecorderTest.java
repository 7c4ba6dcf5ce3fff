package dev.ringfence.events;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class EventRecorderTest {
  @Test
  void aNoteHoldsWholeLinesAndSaysHowManyMoreThereAre() {
    String line = "a".repeat(300);
    assertThat(EventRecorder.fitting(line)).isEqualTo(line);
    assertThat(EventRecorder.fitting(String.join("\n", line, line, line, line, line)))
        .isEqualTo(String.join("\n", line, line, line, "and 2 more, see the status"));
    assertThat(EventRecorder.fitting("b".repeat(2000))).hasSize(1024).endsWith("b...");
  }
}
