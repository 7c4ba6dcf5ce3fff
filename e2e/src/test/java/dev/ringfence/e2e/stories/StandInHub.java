package dev.ringfence.e2e.stories;

import dev.ringfence.e2e.guard.TestCertificate;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * A stand-in for a model hub, as a pod of a namespace: one repository, over TLS with a certificate
 * of its own, for those who bring the token.
 */
public final class StandInHub {
  /**
   * Looks like a hub's token, or none would be sent; in two parts, so that no scanner finds one.
   */
  public static final String TOKEN = "hf_" + "StandInHubsTokenOfNobody0123456789";

  private static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";

  private final Installation ringfence;
  private final String namespace;

  private StandInHub(Installation ringfence, String namespace) {
    this.ringfence = ringfence;
    this.namespace = namespace;
  }

  /**
   * Starts it; ready on return.
   *
   * @param files of the repository, by path; together at most a megabyte
   * @param folder for the certificate
   */
  public static StandInHub start(
      Installation ringfence, String namespace, Map<String, byte[]> files, Path folder)
      throws IOException, InterruptedException, GeneralSecurityException {
    StandInHub hub = new StandInHub(ringfence, namespace);
    TestCertificate certificate = new TestCertificate(folder, "dns:hub." + namespace + ".svc");
    hub.create(
        new SecretBuilder()
            .withMetadata(hub.meta("hub-tls"))
            .withType("kubernetes.io/tls")
            .withStringData(
                Map.of(
                    "tls.crt", Files.readString(certificate.certificate()),
                    "tls.key", Files.readString(certificate.key())))
            .build());
    hub.create(
        new ConfigMapBuilder()
            .withMetadata(hub.meta("hub-ca"))
            .withData(Map.of("ca.crt", Files.readString(certificate.certificate())))
            .build());
    hub.create(
        new ConfigMapBuilder()
            .withMetadata(hub.meta("hub-files"))
            .withBinaryData(
                files.entrySet().stream()
                    .collect(
                        Collectors.toMap(
                            Map.Entry::getKey,
                            e -> Base64.getEncoder().encodeToString(e.getValue()))))
            .build());
    ringfence.kubectlStdin(
        POD.formatted(ringfence.engineImage(), TOKEN), "-n", namespace, "apply", "-f", "-");
    ringfence
        .client()
        .pods()
        .inNamespace(namespace)
        .withName("hub")
        .waitUntilReady(2, TimeUnit.MINUTES);
    return hub;
  }

  /** The end of a VLLMPolicy by which fetch Jobs of this namespace believe it. */
  public String policy() {
    return "  fetch: {caBundleConfigMap: hub-ca}\n";
  }

  /** A TrustedModel's {@code spec.source}. */
  public String source() {
    return "{huggingFace: {repository: owner/model, revision: \"%s\", endpoint: \"https://hub.%s.svc:8443\", auth: Token, gated: true}}"
        .formatted(COMMIT, namespace);
  }

  /** Makes a Secret with the token. */
  public void secret(String name) {
    create(
        new SecretBuilder()
            .withMetadata(meta(name))
            .withStringData(Map.of("token", TOKEN))
            .build());
  }

  /** What it was asked for, a line each. */
  public String asked() {
    return ringfence.kubectl("-n", namespace, "logs", "hub");
  }

  private ObjectMeta meta(String name) {
    return new ObjectMetaBuilder().withName(name).withNamespace(namespace).build();
  }

  private void create(HasMetadata object) {
    ringfence.client().resource(object).create();
  }

  private static final String POD =
      """
      apiVersion: v1
      kind: Service
      metadata: {name: hub}
      spec:
        selector: {app: stand-in-hub}
        ports: [{port: 8443}]
      ---
      apiVersion: v1
      kind: Pod
      metadata:
        name: hub
        labels: {app: stand-in-hub}
      spec:
        automountServiceAccountToken: false
        securityContext: {runAsNonRoot: true, runAsUser: 1000, seccompProfile: {type: RuntimeDefault}}
        containers:
        - name: hub
          image: %s
          command: [vllm, stand-in-hub, --certificate=/tls/tls.crt, --key=/tls/tls.key, --files=/files, --token=%s]
          securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}, readOnlyRootFilesystem: true}
          readinessProbe: {tcpSocket: {port: 8443}, periodSeconds: 1}
          volumeMounts:
          - {name: tls, mountPath: /tls, readOnly: true}
          - {name: files, mountPath: /files, readOnly: true}
        volumes:
        - name: tls
          secret: {secretName: hub-tls}
        - name: files
          configMap: {name: hub-files}
      """;
}
