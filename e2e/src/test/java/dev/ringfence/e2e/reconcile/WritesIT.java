package dev.ringfence.e2e.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ringfence.e2e.cluster.LocalControlPlane;
import dev.ringfence.e2e.cluster.TestNamespace;
import dev.ringfence.e2e.cluster.WithControlPlane;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the operator writes, counted from the API server's own audit log. */
@WithControlPlane
final class WritesIT {
  private final TestNamespace namespace;
  private final Bench bench;

  WritesIT(LocalControlPlane plane, TestNamespace namespace) {
    this.namespace = namespace;
    this.bench = new Bench(plane, Set.of(namespace.name()));
  }

  @AfterEach
  void stop() {
    bench.close();
  }

  @Test
  void aSteadyStateAndARestartWriteNothing(LocalControlPlane plane) {
    Scale.Figures figures = Scale.measure(plane, bench, namespace.name(), 8);
    assertThat(figures.creating())
        .as(figures.toString())
        .isLessThanOrEqualTo(figures.children() + 2 * 8);
    assertThat(figures.resyncs()).as(figures.toString()).isZero();
    assertThat(figures.restart()).as(figures.toString()).isZero();
  }
}
