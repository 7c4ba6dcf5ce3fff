package dev.ringfence.guard.proxy;

import dev.ringfence.guard.json.Bytes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;

/**
 * A connection through TLS, server side. Records pass through buffers of the loop; only what is
 * half read or could not be sent stays here, so that an idle connection costs no buffer.
 */
final class TlsWire implements Wire {
  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

  private final Loop loop;
  private final SocketChannel channel;
  private final SSLEngine engine;

  /** The beginning of a record whose end has not arrived. */
  private final Bytes half = new Bytes();

  /** Records that the socket did not take yet. */
  private final Bytes unsent = new Bytes();

  private boolean ended;

  TlsWire(Loop loop, SocketChannel channel, SSLEngine engine) throws IOException {
    this.loop = loop;
    this.channel = channel;
    this.engine = engine;
    engine.setUseClientMode(false);
    engine.beginHandshake();
  }

  @Override
  public int read() throws IOException {
    int total = 0;
    while (true) {
      ByteBuffer in = loop.tls.clear();
      in.put(half.array(), 0, half.size());
      half.clear();
      half.trim();
      int n = ended ? -1 : channel.read(in);
      if (n < 0) {
        ended = true;
      }
      in.flip();
      total += unwrap(in, total);
      half.add(loop.records, in.position(), in.remaining());
      if (n <= 0 || total > 0) {
        return total > 0 ? total : ended ? -1 : 0;
      }
    }
  }

  /** Decrypts whole records behind what the loop has of this connection already; how many bytes. */
  private int unwrap(ByteBuffer in, int behind) throws IOException {
    int total = 0;
    int largest = engine.getSession().getApplicationBufferSize();
    while (loop.bytes.length - behind - total >= largest) {
      int before = in.position();
      ByteBuffer plain =
          ByteBuffer.wrap(loop.bytes, behind + total, loop.bytes.length - behind - total);
      SSLEngineResult r = engine.unwrap(in, plain);
      int got = r.bytesProduced();
      total += got;
      if (r.getStatus() == SSLEngineResult.Status.CLOSED) {
        ended = true;
        break;
      }
      if (r.getStatus() != SSLEngineResult.Status.OK) {
        // A record that is not whole; one that does not fit cannot be, there is room for one.
        break;
      }
      int rest = in.remaining();
      if (rest > 0) {
        // The handshake writes through the same buffer.
        half.add(loop.records, in.position(), rest);
      }
      boolean moved = in.position() > before || got > 0;
      handshake();
      in.clear();
      in.put(half.array(), 0, half.size()).flip();
      half.clear();
      if (!moved && engine.getHandshakeStatus() != HandshakeStatus.NEED_UNWRAP) {
        break;
      }
    }
    return total;
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
        case NEED_WRAP -> wrap(NOTHING.duplicate());
        default -> {
          return;
        }
      }
    }
  }

  /** Encrypts one record and sends it, or keeps what the socket does not take; bytes consumed. */
  private int wrap(ByteBuffer source) throws IOException {
    ByteBuffer out = loop.tls.clear();
    SSLEngineResult r = engine.wrap(source, out);
    out.flip();
    if (unsent.size() == 0) {
      channel.write(out);
    }
    unsent.add(loop.records, out.position(), out.remaining());
    if (r.getStatus() != SSLEngineResult.Status.OK
        && (source.hasRemaining() || r.getStatus() == SSLEngineResult.Status.BUFFER_OVERFLOW)) {
      throw new IOException("closed");
    }
    return r.bytesConsumed();
  }

  @Override
  public int write(byte[] data, int from, int count) throws IOException {
    ByteBuffer source = ByteBuffer.wrap(data, from, count);
    while (source.hasRemaining() && flush()) {
      if (wrap(source) <= 0) {
        break;
      }
    }
    return count - source.remaining();
  }

  @Override
  public boolean flush() throws IOException {
    if (unsent.size() > 0) {
      unsent.dropFirst(channel.write(ByteBuffer.wrap(unsent.array(), 0, unsent.size())));
      if (unsent.size() == 0) {
        unsent.trim();
      }
    }
    return unsent.size() == 0;
  }

  @Override
  public int holds() {
    return half.capacity() + unsent.capacity();
  }

  @Override
  public void shutdownOutput() throws IOException {
    engine.closeOutbound();
    while (!engine.isOutboundDone()) {
      ByteBuffer none = NOTHING.duplicate();
      int before = unsent.size();
      wrap(none);
      if (unsent.size() == before && engine.getHandshakeStatus() != HandshakeStatus.NEED_WRAP) {
        break;
      }
    }
    flush();
    channel.shutdownOutput();
  }
}
