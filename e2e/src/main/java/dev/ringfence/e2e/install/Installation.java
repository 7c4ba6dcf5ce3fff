package dev.ringfence.e2e.install;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.ringfence.e2e.cluster.ControlPlaneException;
import dev.ringfence.e2e.cluster.Definitions;
import dev.ringfence.e2e.cluster.LocalControlPlane;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.authentication.TokenRequestBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** {@code deploy/install.yaml} on a control plane, and the identity that it gives the operator. */
public final class Installation {
  public static final String NAMESPACE = "ringfence-system";

  private static final String ACCOUNT = "ringfence-operator";

  /** The operator's own identity, as the audit log names it. */
  public static final String OPERATOR = "system:serviceaccount:" + NAMESPACE + ":" + ACCOUNT;

  private static final YAMLMapper YAML = new YAMLMapper();
  private static final long TOKEN_SECONDS = 24 * 60 * 60L;

  private Installation() {}

  /**
   * What concerns the operator itself, for suites that share a control plane: the definitions, its
   * rights, and the policy on what it may write. Without the Deployment, which simulated nodes
   * would not run, the webhook, which the API server would call in vain, and the policies on what
   * others write, which suites forge on purpose.
   */
  public static boolean ofTheOperator(GenericKubernetesResource object) {
    return switch (object.getKind()) {
      case "Deployment", "ValidatingWebhookConfiguration" -> false;
      case "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding" ->
          object.getMetadata().getName().equals("ringfence-operator");
      default -> true;
    };
  }

  /** Applies those of its objects that are wanted; returns when our kinds are served. */
  public static void apply(KubernetesClient client, Predicate<GenericKubernetesResource> wanted) {
    List<String> definitions = new ArrayList<>();
    for (GenericKubernetesResource object : objects()) {
      if (wanted.test(object)) {
        client.resource(object).fieldManager("install").forceConflicts().serverSideApply();
        if (object.getKind().equals("CustomResourceDefinition")) {
          definitions.add(object.getMetadata().getName());
        }
      }
    }
    for (String name : definitions) {
      client
          .apiextensions()
          .v1()
          .customResourceDefinitions()
          .withName(name)
          .waitUntilCondition(Definitions::established, 30, TimeUnit.SECONDS);
    }
  }

  /** Every object of the file, in its order. */
  public static List<GenericKubernetesResource> objects() {
    try (InputStream file =
            Objects.requireNonNull(Installation.class.getResourceAsStream("install.yaml"));
        MappingIterator<JsonNode> documents = YAML.readerFor(JsonNode.class).readValues(file)) {
      return documents.readAll().stream()
          .map(document -> YAML.convertValue(document, GenericKubernetesResource.class))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read install.yaml", e);
    }
  }

  /** The operator's ServiceAccount with a token of its own, and with no other rights than its. */
  public static Config operator(LocalControlPlane plane) {
    Config admin = plane.client().getConfiguration();
    String token =
        plane
            .client()
            .serviceAccounts()
            .inNamespace(NAMESPACE)
            .withName(ACCOUNT)
            .tokenRequest(
                new TokenRequestBuilder()
                    .withNewSpec()
                    .withExpirationSeconds(TOKEN_SECONDS)
                    .endSpec()
                    .build())
            .getStatus()
            .getToken();
    if (token == null) {
      throw new ControlPlaneException("the API server gave the operator no token");
    }
    return new ConfigBuilder(Config.empty())
        .withMasterUrl(admin.getMasterUrl())
        .withCaCertData(admin.getCaCertData())
        .withOauthToken(token)
        .build();
  }
}
