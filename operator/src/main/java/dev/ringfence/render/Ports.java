package dev.ringfence.render;

import dev.ringfence.rules.Workload.Tenant;

/** The guard's ports. */
public final class Ports {
  /** Read by the operator, by monitoring and by the kubelet's probes. */
  public static final int ADMIN = 9901;

  private static final int PLAIN = 8080;
  private static final int TLS = 8443;

  private Ports() {}

  /** Where a tenant's clients connect. */
  public static int api(Tenant t) {
    return t.tlsSecret().isPresent() ? TLS : PLAIN;
  }
}
