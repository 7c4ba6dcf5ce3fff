package dev.ringfence.e2e.reconcile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.ringfence.cli.Ringfence;
import dev.ringfence.e2e.cluster.ForkedJvm;
import dev.ringfence.e2e.cluster.LocalControlPlane;
import dev.ringfence.e2e.cluster.WithControlPlane;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** How the operator's process ends. */
@WithControlPlane
final class StopIT {

  @Test
  void aLeaderThatIsToldToEndDoes(LocalControlPlane plane) throws Exception {
    Instant began = Instant.now();
    // The definitions and the operator's namespace; it starts no operator.
    try (var bench = new Bench(plane, Set.of("nowhere"));
        var operator =
            ForkedJvm.start(
                Map.of(),
                Ringfence.class,
                "operator",
                "--kubeconfig",
                plane.kubeconfig().toString(),
                "--watch",
                "nowhere",
                "--guard-image",
                Samples.GUARD_IMAGE,
                "--listen",
                "127.0.0.1:0",
                "--no-guard-state")) {
      await()
          .atMost(Duration.ofMinutes(2))
          .until(
              () -> {
                Lease lease =
                    bench
                        .client()
                        .leases()
                        .inNamespace(Bench.NAMESPACE)
                        .withName("ringfence-operator")
                        .get();
                // Others may have held it before.
                return lease != null
                    && lease.getSpec().getRenewTime() != null
                    && lease.getSpec().getRenewTime().toInstant().isAfter(began);
              });
      operator.process().destroy();
      assertThat(operator.process().waitFor(60, TimeUnit.SECONDS)).as(operator.printed()).isTrue();
      assertThat(operator.process().exitValue()).isEqualTo(143);
    }
  }
}
