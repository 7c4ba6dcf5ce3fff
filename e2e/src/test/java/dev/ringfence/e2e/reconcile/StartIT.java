package dev.ringfence.e2e.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ringfence.cli.Ringfence;
import dev.ringfence.e2e.cluster.ControlPlaneOptions;
import dev.ringfence.e2e.cluster.ForkedJvm;
import dev.ringfence.e2e.cluster.LocalControlPlane;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What the operator says of a cluster that is not ready for it: a line, and no trace. */
final class StartIT {

  @Test
  void saysWhatIsMissing() throws Exception {
    try (LocalControlPlane plane = LocalControlPlane.start(ControlPlaneOptions.DEFAULTS)) {
      assertThat(started(plane))
          .isEqualTo(
              "ringfence: the operator cannot start: its namespace is not there; kubectl create"
                  + " namespace ringfence-system\n");
      plane
          .client()
          .resource(
              new NamespaceBuilder()
                  .withNewMetadata()
                  .withName("ringfence-system")
                  .endMetadata()
                  .build())
          .create();
      assertThat(started(plane))
          .isEqualTo(
              "ringfence: the operator cannot start: the API server does not serve"
                  + " vllmdeployments, trustedmodels, vllmpolicies of ringfence.dev/v1alpha1; kubectl"
                  + " apply --server-side -f deploy/helm/ringfence/crds/\n");
    }
  }

  private static String started(LocalControlPlane plane) throws Exception {
    ForkedJvm.Result ended =
        ForkedJvm.run(
            Map.of(),
            Ringfence.class,
            "operator",
            "--kubeconfig",
            plane.kubeconfig().toString(),
            "--listen",
            "127.0.0.1:0",
            "--no-guard-state");
    assertThat(ended.exitCode()).as(ended.output()).isEqualTo(1);
    return ended.output();
  }
}
