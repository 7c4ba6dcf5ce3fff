package dev.ringfence.e2e.install;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/**
 * Nobody edits by hand what is made: the chart's copies of the definitions and admission policies,
 * then what is made from the chart.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class MadeFilesIT {
  @Test
  @Order(1)
  void theChartHasTheDefinitionsAndPoliciesOfTheCheckout() {
    MadeFiles.check(
        ChartFiles.made(),
        List.of(ChartFiles.CHART.resolve("crds"), ChartFiles.CHART.resolve("templates/admission")));
  }

  @Test
  @Order(2)
  void theManifestsAreWhatTheChartRenders(@TempDir Path home) {
    MadeFiles.check(Manifests.made(Helm.offline(home)), List.of(Manifests.BASE));
  }

  @Test
  @Order(3)
  void argoCdsConfigurationHoldsTheHealthScript() {
    MadeFiles.check(ArgoConfiguration.made(), List.of());
  }
}
