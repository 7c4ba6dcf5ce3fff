package dev.ringfence.guard.proxy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;

/** A connection through TLS, server side. */
final class TlsWire implements Wire {
  private final Loop loop;
  private final SocketChannel channel;
  private final SSLEngine engine;
  private ByteBuffer netIn;
  private final ByteBuffer netOut;
  private ByteBuffer plain;
  private boolean ended;

  TlsWire(Loop loop, SocketChannel channel, SSLEngine engine) throws IOException {
    this.loop = loop;
    this.channel = channel;
    this.engine = engine;
    engine.setUseClientMode(false);
    int packet = engine.getSession().getPacketBufferSize();
    netIn = ByteBuffer.allocate(packet);
    netOut = ByteBuffer.allocate(2 * packet).flip();
    plain = ByteBuffer.allocate(engine.getSession().getApplicationBufferSize());
    engine.beginHandshake();
  }

  @Override
  public int read() throws IOException {
    int total = 0;
    while (true) {
      int n = ended ? -1 : channel.read(netIn);
      if (n < 0) {
        ended = true;
      }
      netIn.flip();
      boolean progress = true;
      while (progress && loop.bytes.length - total >= plain.capacity()) {
        SSLEngineResult r = engine.unwrap(netIn, plain.clear());
        switch (r.getStatus()) {
          case OK -> {}
          case BUFFER_UNDERFLOW -> progress = false;
          case BUFFER_OVERFLOW ->
              plain = ByteBuffer.allocate(engine.getSession().getApplicationBufferSize());
          case CLOSED -> {
            ended = true;
            progress = false;
          }
        }
        plain.flip();
        int got = plain.remaining();
        plain.get(loop.bytes, total, got);
        total += got;
        handshake();
        if (r.getStatus() == SSLEngineResult.Status.OK
            && r.bytesConsumed() == 0
            && got == 0
            && engine.getHandshakeStatus() != HandshakeStatus.NEED_UNWRAP) {
          progress = false;
        }
      }
      netIn.compact();
      if (netIn.position() == netIn.capacity()) {
        ByteBuffer larger = ByteBuffer.allocate(netIn.capacity() * 2);
        netIn.flip();
        larger.put(netIn);
        netIn = larger;
      }
      if (n <= 0 || total > 0) {
        return total > 0 ? total : ended ? -1 : 0;
      }
    }
  }

  /** Does what the handshake asks for, but reading. */
  private void handshake() throws IOException {
    while (true) {
      switch (engine.getHandshakeStatus()) {
        case NEED_TASK -> {
          // A signature: about a millisecond, for each new connection only.
          for (Runnable task = engine.getDelegatedTask();
              task != null;
              task = engine.getDelegatedTask()) {
            task.run();
          }
        }
        case NEED_WRAP -> {
          if (wrap(ByteBuffer.allocate(0)) < 0) {
            return;
          }
        }
        default -> {
          return;
        }
      }
    }
  }

  /** Encrypts once and sends; bytes consumed, or -1 when there is no room. */
  private int wrap(ByteBuffer source) throws IOException {
    netOut.compact();
    SSLEngineResult r = engine.wrap(source, netOut);
    netOut.flip();
    send();
    if (r.getStatus() == SSLEngineResult.Status.BUFFER_OVERFLOW) {
      return -1;
    }
    if (r.getStatus() == SSLEngineResult.Status.CLOSED && source.hasRemaining()) {
      throw new IOException("closed");
    }
    return r.bytesConsumed();
  }

  private void send() throws IOException {
    while (netOut.hasRemaining() && channel.write(netOut) > 0) {
      // Until the socket is full.
    }
  }

  @Override
  public int write(byte[] data, int from, int count) throws IOException {
    send();
    ByteBuffer source = ByteBuffer.wrap(data, from, count);
    while (source.hasRemaining() && netOut.remaining() < netOut.capacity() / 2) {
      if (wrap(source) <= 0) {
        break;
      }
    }
    return count - source.remaining();
  }

  @Override
  public boolean flush() throws IOException {
    send();
    return !netOut.hasRemaining();
  }

  @Override
  public void shutdownOutput() throws IOException {
    engine.closeOutbound();
    while (!engine.isOutboundDone() && wrap(ByteBuffer.allocate(0)) > 0) {
      // The closing alert.
    }
    send();
    channel.shutdownOutput();
  }
}
