package dev.ringfence.e2e.cluster;

import java.util.stream.Collectors;

/** A program that starts a control plane and holds it until it is killed. */
final class HeldControlPlane {
  private HeldControlPlane() {}

  public static void main(String[] args) throws InterruptedException {
    try (var controlPlane = LocalControlPlane.start(ControlPlaneOptions.DEFAULTS)) {
      System.out.println(controlPlane.kubeconfig().resolveSibling(""));
      System.out.println(
          controlPlane.processIds().stream().map(String::valueOf).collect(Collectors.joining(" ")));
      System.out.println("held");
      Thread.sleep(Long.MAX_VALUE);
    }
  }
}
