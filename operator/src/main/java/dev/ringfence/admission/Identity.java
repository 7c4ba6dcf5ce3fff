package dev.ringfence.admission;

import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.List;

/**
 * What a server shows and proves itself with.
 *
 * @param chain the server's own certificate first
 */
public record Identity(List<X509Certificate> chain, PrivateKey key) {
  public Identity {
    chain = List.copyOf(chain);
    if (chain.isEmpty()) {
      throw new IllegalArgumentException("no certificate");
    }
  }

  X509Certificate leaf() {
    return chain.get(0);
  }
}
