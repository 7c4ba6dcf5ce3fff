package dev.ringfence.e2e.admission;

import static java.util.Objects.requireNonNull;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ringfence.admission.OwnCertificates;
import dev.ringfence.admission.Reviewer;
import dev.ringfence.admission.WebhookServer;
import dev.ringfence.e2e.cluster.ControlPlaneOptions;
import dev.ringfence.e2e.cluster.LocalControlPlane;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;

/**
 * An API server with the definitions and the real webhook beside it, on the day of the examples,
 * with facts that the test gives.
 */
record GivenWebhook(
    LocalControlPlane plane, GivenFacts facts, OwnCertificates certificates, WebhookServer server)
    implements AutoCloseable {

  static GivenWebhook start() throws IOException {
    LocalControlPlane plane =
        LocalControlPlane.start(ControlPlaneOptions.DEFAULTS.withoutControllers());
    KubernetesClient admin = plane.client();
    Installed.definitions(admin);
    // Without controllers no namespace gets a service account, and none is needed.
    for (ObjectNode o : RuleExample.base().values()) {
      if (o.path("kind").asText().equals("Namespace")) {
        Installed.apply(admin, o);
      }
    }
    for (String name : List.of("ringfence-system", "team-support")) {
      ObjectNode namespace = Installed.YAML.createObjectNode();
      namespace.put("apiVersion", "v1").put("kind", "Namespace");
      namespace.putObject("metadata").put("name", name);
      Installed.apply(admin, namespace);
    }
    OwnCertificates certificates =
        OwnCertificates.start(
            admin, "ringfence-system", List.of("127.0.0.1"), InstantSource.system());
    GivenFacts facts = new GivenFacts();
    WebhookServer server =
        WebhookServer.start(
            "127.0.0.1",
            0,
            certificates,
            new Reviewer(facts, InstantSource.fixed(RuleExample.DAY)),
            new SimpleMeterRegistry());
    Installed.webhook(admin, server.port());
    GivenWebhook webhook = new GivenWebhook(plane, facts, certificates, server);
    ObjectNode good = requireNonNull(RuleExample.base().get("VLLMDeployment/chat"));
    // Until the API server trusts the webhook it refuses, and says that it cannot call it.
    facts.are(List.of());
    await()
        .atMost(Duration.ofSeconds(60))
        .until(
            () -> {
              try {
                admin.resource(Installed.resource(good)).dryRun().create();
                return false;
              } catch (KubernetesClientException e) {
                return String.valueOf(e.getMessage()).contains("VLLM-507");
              }
            });
    return webhook;
  }

  /** What is there in the base. */
  static List<ObjectNode> base() {
    return RuleExample.base().entrySet().stream()
        .filter(e -> !e.getKey().startsWith("VLLMDeployment/"))
        .map(Map.Entry::getValue)
        .toList();
  }

  @Override
  public void close() {
    server.close();
    certificates.close();
    plane.close();
  }
}
