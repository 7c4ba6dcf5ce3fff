package dev.ringfence.runtime;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.TrustManager;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the first TLS connection of a virtual machine costs, done beside other work: a tenth of a
 * second for the tables of P-256 and the keys of a ClientHello, which goes nowhere.
 */
public final class FirstHandshake {
  private static final Logger LOG = LoggerFactory.getLogger(FirstHandshake.class);

  private FirstHandshake() {}

  /** Returns at once. */
  public static void prepare() {
    Thread.ofPlatform().daemon().name("first-handshake").start(FirstHandshake::rehearse);
  }

  private static void rehearse() {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(new KeyManager[0], new TrustManager[0], null);
      SSLEngine engine = context.createSSLEngine();
      engine.setUseClientMode(true);
      engine.wrap(
          ByteBuffer.allocate(0), ByteBuffer.allocate(engine.getSession().getPacketBufferSize()));
    } catch (GeneralSecurityException | SSLException e) {
      // The first connection will take its time, or say what is wrong.
      LOG.debug("no rehearsal of TLS", e);
    }
  }
}
