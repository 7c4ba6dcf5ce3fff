package dev.ringfence.e2e.cluster;

/**
 * The control plane could not be had, started or kept running. The message is meant for a person:
 * it names the program and the way out, or ends in the last lines of the program's log.
 */
public final class ControlPlaneException extends RuntimeException {
  public ControlPlaneException(String message) {
    super(message);
  }

  public ControlPlaneException(String message, Throwable cause) {
    super(message, cause);
  }
}
