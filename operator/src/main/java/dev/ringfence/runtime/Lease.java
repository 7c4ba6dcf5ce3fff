package dev.ringfence.runtime;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;

/** What is known of the lease that lets one of several operators act. */
final class Lease {
  private final KubernetesClient client;
  private final String namespace;
  private final String name;
  private final String identity;
  private final Duration duration;
  private volatile boolean held;
  private volatile boolean lost;

  Lease(
      KubernetesClient client, String namespace, String name, String identity, Duration duration) {
    this.client = client;
    this.namespace = namespace;
    this.name = name;
    this.identity = identity;
    this.duration = duration;
  }

  void taken() {
    held = true;
  }

  void lost() {
    lost = held;
    held = false;
  }

  /** Whether it was held and is not any more. */
  boolean isLost() {
    return lost;
  }

  boolean held() {
    return held;
  }

  /** Whether the API server agrees that it is ours, for those who believe to have it. */
  boolean confirmed(Instant now) {
    if (!held) {
      return true;
    }
    try {
      var lease = client.leases().inNamespace(namespace).withName(name).get();
      ZonedDateTime renewed =
          lease == null || lease.getSpec() == null ? null : lease.getSpec().getRenewTime();
      return renewed != null
          && identity.equals(lease.getSpec().getHolderIdentity())
          && renewed.toInstant().plus(duration).isAfter(now);
    } catch (KubernetesClientException e) {
      // An API server that does not answer is no reason to say that the lease is lost; the elector
      // gives it up in time.
      return true;
    }
  }
}
