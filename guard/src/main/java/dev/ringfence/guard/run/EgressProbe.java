package dev.ringfence.guard.run;

import dev.ringfence.guard.state.LiveState;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;

/**
 * Tries to reach an address that no serving pod may reach, at start and every five minutes: whether
 * NetworkPolicies are enforced is measured, not believed. An address that answers is tried again
 * sooner, since policies may take seconds to be programmed.
 */
final class EgressProbe {
  private static final int CONNECT_MILLIS = 2000;
  private static final long BLOCKED_AGAIN_MILLIS = 300_000;
  private static final long OPEN_AGAIN_MILLIS = 10_000;

  private EgressProbe() {}

  static void start(InetSocketAddress target, LiveState live) {
    Thread.ofPlatform()
        .name("egress")
        .daemon()
        .start(
            () -> {
              while (true) {
                boolean blocked = !reachable(target);
                live.egressBlocked(blocked);
                try {
                  Thread.sleep(blocked ? BLOCKED_AGAIN_MILLIS : OPEN_AGAIN_MILLIS);
                } catch (InterruptedException e) {
                  return;
                }
              }
            });
  }

  private static boolean reachable(InetSocketAddress target) {
    try (Socket socket = new Socket()) {
      socket.connect(target, CONNECT_MILLIS);
      return true;
    } catch (IOException e) {
      return false;
    }
  }
}
