package dev.ringfence.guard.proxy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;

/** The bytes of a connection, plain or through TLS. Never blocks. */
interface Wire {
  /** Reads into the loop's {@link Loop#bytes}: how many, 0 for none now, -1 at the end. */
  int read() throws IOException;

  /** Takes as many bytes as can be sent or held now. */
  int write(byte[] data, int from, int count) throws IOException;

  /** Sends what is still held; true when nothing is left. */
  boolean flush() throws IOException;

  /** Bytes of its own that it holds now. */
  int holds();

  /** Says that nothing more comes, where that can be said. */
  void shutdownOutput() throws IOException;

  /** Plain bytes over a socket. */
  final class Plain implements Wire {
    private final Loop loop;
    private final SocketChannel channel;

    Plain(Loop loop, SocketChannel channel) {
      this.loop = loop;
      this.channel = channel;
    }

    @Override
    public int read() throws IOException {
      ByteBuffer b = loop.buffer.clear();
      int n = channel.read(b);
      if (n > 0) {
        b.flip().get(loop.bytes, 0, n);
      }
      return n;
    }

    @Override
    public int write(byte[] data, int from, int count) throws IOException {
      int done = 0;
      while (done < count) {
        ByteBuffer b = loop.buffer.clear();
        int step = Math.min(count - done, b.capacity());
        b.put(data, from + done, step).flip();
        int n = channel.write(b);
        done += n;
        if (n < step) {
          break;
        }
      }
      return done;
    }

    @Override
    public boolean flush() {
      return true;
    }

    @Override
    public int holds() {
      return 0;
    }

    @Override
    public void shutdownOutput() throws IOException {
      channel.shutdownOutput();
    }
  }
}
