package dev.ringfence.runtime;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds out whether the API server knows image volumes: one that does not makes an empty folder of
 * them without a word.
 */
final class ImageVolumes {
  private static final Logger LOG = LoggerFactory.getLogger(ImageVolumes.class);

  private ImageVolumes() {}

  static boolean known(KubernetesClient client, String namespace) {
    Pod asked =
        new PodBuilder()
            .withNewMetadata()
            .withName("ringfence-image-volume-probe")
            .withNamespace(namespace)
            .endMetadata()
            .withNewSpec()
            .withAutomountServiceAccountToken(false)
            .withNewSecurityContext()
            .withRunAsNonRoot(true)
            .withRunAsUser(2000L)
            .withNewSeccompProfile()
            .withType("RuntimeDefault")
            .endSeccompProfile()
            .endSecurityContext()
            .addNewContainer()
            .withName("probe")
            .withImage("registry.invalid/probe")
            .withNewSecurityContext()
            .withAllowPrivilegeEscalation(false)
            .withNewCapabilities()
            .withDrop("ALL")
            .endCapabilities()
            .endSecurityContext()
            .endContainer()
            .addNewVolume()
            .withName("model")
            .withNewImage()
            .withReference("registry.invalid/model")
            .endImage()
            .endVolume()
            .endSpec()
            .build();
    try {
      // As text: the operator reads pods without what is asked here.
      String answer =
          client.raw(
              "/api/v1/namespaces/" + namespace + "/pods?dryRun=All",
              "POST",
              client.getKubernetesSerialization().asJson(asked));
      JsonNode volumes =
          client.getKubernetesSerialization().unmarshal(answer, JsonNode.class).at("/spec/volumes");
      return volumes.findValue("image") != null;
    } catch (KubernetesClientException e) {
      boolean recent = recent(client);
      LOG.warn(
          "cannot find out whether image volumes are known ({}); by the server's version they are {}",
          e.getMessage(),
          recent ? "known" : "unknown");
      return recent;
    }
  }

  /** On by default since 1.35. */
  private static boolean recent(KubernetesClient client) {
    try {
      String minor = client.getKubernetesVersion().getMinor().replaceAll("\\D.*", "");
      return !minor.isEmpty() && Integer.parseInt(minor) >= 35;
    } catch (KubernetesClientException e) {
      return false;
    }
  }
}
