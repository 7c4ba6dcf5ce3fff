package dev.ringfence.e2e.cluster;

import dev.ringfence.e2e.kind.KindCluster;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** What {@code -Dcluster=} may say. */
enum ClusterChoice {
  LOCAL(EnumSet.of(Need.GPUS, Need.DYNAMIC_VOLUMES)),
  KIND(EnumSet.complementOf(EnumSet.of(Need.DYNAMIC_VOLUMES))),
  /** Known only from the cluster itself. */
  EXISTING(EnumSet.allOf(Need.class));

  private final Set<Need> mayOffer;

  ClusterChoice(Set<Need> mayOffer) {
    this.mayOffer = mayOffer;
  }

  static ClusterChoice ofThisRun() {
    var said = System.getProperty("cluster", "local");
    try {
      return valueOf(said.toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "-Dcluster=" + said + ": it is local, kind or existing", e);
    }
  }

  /** Why a suite with these needs cannot run; found out without making the cluster. */
  Optional<String> reasonAgainst(Set<Need> needs) {
    var missing = EnumSet.copyOf(needs.isEmpty() ? EnumSet.noneOf(Need.class) : needs);
    missing.removeAll(mayOffer);
    if (!missing.isEmpty()) {
      return Optional.of(missing(missing.iterator().next()));
    }
    return this == KIND ? KindCluster.missing() : Optional.empty();
  }

  String missing(Need need) {
    return "-Dcluster=%s: %s".formatted(name().toLowerCase(Locale.ROOT), need.missing);
  }

  TestCluster start(int nodes) {
    return switch (this) {
      case LOCAL -> new LocalTestCluster(LocalControlPlane.start(LocalTestCluster.OPTIONS));
      case KIND -> new KindTestCluster(KindCluster.create(nodes, System.err::println), nodes);
      case EXISTING -> ExistingTestCluster.open();
    };
  }
}
