package dev.ringfence.reconcile;

import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import java.util.Objects;
import java.util.Optional;

/**
 * A write that the API server refuses for what it is or for who writes it.
 *
 * @param message in the API server's words, on one line; empty when it has none
 */
record Refusal(String message) {
  private static final int UNPROCESSABLE = 422;

  /** Empty when the failure is none: a conflict, an outage, too many requests. */
  static Optional<Refusal> of(KubernetesClientException e) {
    return switch (e.getCode()) {
      case HttpURLConnection.HTTP_FORBIDDEN, HttpURLConnection.HTTP_BAD_REQUEST, UNPROCESSABLE ->
          Optional.of(new Refusal(message(e).replace('\n', ' ')));
      default -> Optional.empty();
    };
  }

  private static String message(KubernetesClientException e) {
    return e.getStatus() == null ? "" : Objects.requireNonNullElse(e.getStatus().getMessage(), "");
  }
}
