package dev.ringfence.admission;

import dev.ringfence.admission.Authorities.Times;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingWebhook;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingWebhookConfiguration;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Certificates that the operator makes for itself. All replicas share the authorities in one Secret
 * of the operator's namespace; each makes a short certificate of its own and keeps it in memory.
 * The webhook configuration gets its {@code caBundle} and nothing else from here, under a field
 * manager of its own.
 */
public final class OwnCertificates implements Certificates {
  /** In the operator's namespace. */
  public static final String SECRET = "ringfence-webhook-ca";

  /** The ValidatingWebhookConfiguration. */
  public static final String CONFIGURATION = "ringfence";

  static final String FIELD_MANAGER = "ringfence-webhook-ca";
  private static final Logger LOG = LoggerFactory.getLogger(OwnCertificates.class);
  private static final int ATTEMPTS = 10;

  private final KubernetesClient client;
  private final String namespace;
  private final List<String> hosts;
  private final Times times;
  private final InstantSource clock;
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("webhook-certificates").factory());
  private volatile @Nullable Current current;
  private volatile String said = "";

  private record Current(Authority signer, Identity identity) {}

  private OwnCertificates(
      KubernetesClient client,
      String namespace,
      List<String> hosts,
      Times times,
      InstantSource clock) {
    this.client = client;
    this.namespace = namespace;
    this.hosts = List.copyOf(hosts);
    this.times = times;
    this.clock = clock;
  }

  /**
   * Makes what is missing and goes on looking after it.
   *
   * @param namespace the operator's own
   * @param hosts DNS names and addresses that the API server calls
   * @throws IllegalStateException when the Secret can be neither read nor written
   */
  public static OwnCertificates start(
      KubernetesClient client, String namespace, List<String> hosts, InstantSource clock) {
    return start(client, namespace, hosts, Times.USUAL, Duration.ofSeconds(10), clock);
  }

  static OwnCertificates start(
      KubernetesClient client,
      String namespace,
      List<String> hosts,
      Times times,
      Duration every,
      InstantSource clock) {
    OwnCertificates certificates = new OwnCertificates(client, namespace, hosts, times, clock);
    try {
      certificates.look();
    } catch (KubernetesClientException e) {
      certificates.close();
      throw new IllegalStateException(
          "the webhook's certificates cannot be made, the operator needs get, create and update on"
              + " the Secret "
              + SECRET
              + " in "
              + namespace
              + ": "
              + e.getMessage(),
          e);
    }
    long millis = every.toMillis();
    var unused =
        certificates.timer.scheduleWithFixedDelay(
            certificates::lookAgain, millis, millis, TimeUnit.MILLISECONDS);
    return certificates;
  }

  @Override
  public Identity identity() {
    return Objects.requireNonNull(current).identity();
  }

  private void lookAgain() {
    try {
      look();
    } catch (RuntimeException e) {
      say("the webhook's certificates cannot be looked after now: " + e.getMessage());
    }
  }

  private void look() {
    Authorities authorities = authorities();
    trust(authorities);
    Instant now = clock.instant();
    Authority signer = authorities.signer(now, times);
    Current was = current;
    if (was == null
        || !was.signer().certificate().equals(signer.certificate())
        || now.isAfter(Authorities.renewal(was.identity().leaf()))) {
      current = new Current(signer, signer.issue(hosts, now, times.leaf()));
      LOG.info("the webhook has a new certificate");
    }
  }

  /** Of two replicas that both find something due, one writes and the other takes what it wrote. */
  private Authorities authorities() {
    for (int attempt = 0; ; attempt++) {
      Secret there = client.secrets().inNamespace(namespace).withName(SECRET).get();
      Authorities found =
          Authorities.read(there == null || there.getData() == null ? Map.of() : there.getData());
      Authorities wanted = found.at(clock.instant(), times);
      if (wanted.same(found)) {
        return found;
      }
      try {
        if (there == null) {
          client
              .resource(
                  new SecretBuilder()
                      .withNewMetadata()
                      .withName(SECRET)
                      .withNamespace(namespace)
                      .addToLabels("app.kubernetes.io/part-of", "ringfence")
                      .endMetadata()
                      .withType("Opaque")
                      .withData(wanted.data())
                      .build())
              .create();
        } else {
          // With the resourceVersion that was read; the operator keeps another key there.
          Map<String, String> data =
              new TreeMap<>(Objects.requireNonNullElse(there.getData(), Map.of()));
          data.keySet().removeIf(Authorities::isEntry);
          data.putAll(wanted.data());
          client.resource(new SecretBuilder(there).withData(data).build()).update();
        }
        LOG.info("the webhook has a new certificate authority");
        return wanted;
      } catch (KubernetesClientException e) {
        if (e.getCode() != 409 || attempt >= ATTEMPTS) {
          throw e;
        }
      }
    }
  }

  /** Gives the API server the authorities, where it does not have exactly these. */
  private void trust(Authorities authorities) {
    String bundle =
        Base64.getEncoder()
            .encodeToString(Pem.text(authorities.trusted()).getBytes(StandardCharsets.US_ASCII));
    try {
      ValidatingWebhookConfiguration there =
          client
              .admissionRegistration()
              .v1()
              .validatingWebhookConfigurations()
              .withName(CONFIGURATION)
              .get();
      if (there == null) {
        say(
            "there is no ValidatingWebhookConfiguration "
                + CONFIGURATION
                + ", the API server asks nothing; CEL rules and the reconciler still refuse");
        return;
      }
      if (there.getWebhooks().stream()
          .allMatch(w -> bundle.equals(w.getClientConfig().getCaBundle()))) {
        return;
      }
      GenericKubernetesResource patch = new GenericKubernetesResource();
      patch.setApiVersion("admissionregistration.k8s.io/v1");
      patch.setKind("ValidatingWebhookConfiguration");
      patch.setMetadata(
          new io.fabric8.kubernetes.api.model.ObjectMetaBuilder().withName(CONFIGURATION).build());
      patch.setAdditionalProperty(
          "webhooks",
          there.getWebhooks().stream()
              .map(ValidatingWebhook::getName)
              .map(n -> Map.of("name", n, "clientConfig", Map.of("caBundle", bundle)))
              .toList());
      client
          .admissionRegistration()
          .v1()
          .validatingWebhookConfigurations()
          .withName(CONFIGURATION)
          .patch(
              new PatchContext.Builder()
                  .withPatchType(PatchType.SERVER_SIDE_APPLY)
                  .withFieldManager(FIELD_MANAGER)
                  .withForce(true)
                  .build(),
              client.getKubernetesSerialization().asJson(patch));
      LOG.info("the API server trusts {} authorities of the webhook", authorities.all().size());
      said = "";
    } catch (KubernetesClientException e) {
      say(
          "the webhook's caBundle cannot be written, the operator needs get and patch on the"
              + " ValidatingWebhookConfiguration "
              + CONFIGURATION
              + ": "
              + e.getMessage());
    }
  }

  /** Once, until something else is to be said. */
  private void say(String what) {
    if (!said.equals(what)) {
      said = what;
      LOG.warn("{}", what);
    }
  }

  @Override
  public void close() {
    timer.shutdownNow();
  }
}
