package dev.ringfence.e2e.cluster;

import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** The text of a kubeconfig file with everything inside it. */
record Kubeconfig(String server, String certificateAuthority, CertificateAuthority.Identity user) {

  @Override
  public String toString() {
    return """
        apiVersion: v1
        kind: Config
        current-context: ringfence-local
        clusters:
        - name: ringfence-local
          cluster:
            server: %s
            certificate-authority-data: %s
        contexts:
        - name: ringfence-local
          context: {cluster: ringfence-local, user: user}
        users:
        - name: user
          user:
            client-certificate-data: %s
            client-key-data: %s
        """
        .formatted(
            server, base64(certificateAuthority), base64(user.certificate()), base64(user.key()));
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }
}
