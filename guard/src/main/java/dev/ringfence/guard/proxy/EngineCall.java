package dev.ringfence.guard.proxy;

import dev.ringfence.guard.http.Chunks;
import dev.ringfence.guard.http.ResponseHead;
import dev.ringfence.guard.json.Bytes;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;

/**
 * One request to the engine, over a connection that no other request uses meanwhile. Closing the
 * connection is how the engine learns that nobody waits any more; only after a whole and clean
 * answer may the next request have it.
 */
final class EngineCall implements Loop.Owner {

  /** Takes the answer. After {@link #end} or {@link #failed} nothing more comes. */
  interface Sink {
    void head(ResponseHead head);

    void data(byte[] in, int from, int to);

    /**
     * The answer is complete; {@code clean} when its framing said so, not just the end of the
     * connection.
     */
    void end(boolean clean);

    /** No connection, no answer, or an answer that breaks off or is malformed. */
    void failed(boolean connected);
  }

  private static final int MOST_HEAD = 20 * 1024;

  /**
   * A full accept queue of a Unix socket refuses at once; it is tried again for so many
   * milliseconds.
   */
  private static final int RETRY_MILLIS = 2000;

  private static final int RETRY_EVERY_MILLIS = 20;

  private final Loop loop;
  private final EnginePool pool;
  private final Sink sink;
  private final UnixDomainSocketAddress address;
  private final Bytes out = new Bytes();
  private final Bytes in = new Bytes();
  private final Chunks chunks = new Chunks();
  private @Nullable SocketChannel channel;
  private @Nullable SelectionKey key;
  private int sent;
  private int retried;
  private @Nullable ResponseHead head;
  private long left;
  private boolean paused;
  private boolean over;

  /** Begins a call. */
  EngineCall(
      Loop loop,
      EnginePool pool,
      UnixDomainSocketAddress address,
      String method,
      String path,
      byte[] body,
      Sink sink) {
    this.loop = loop;
    this.pool = pool;
    this.address = address;
    this.sink = sink;
    out.ascii(method).add(' ').ascii(path).ascii(" HTTP/1.1\r\nHost: engine\r\n");
    if (body.length > 0) {
      out.ascii("Content-Type: application/json\r\nContent-Length: ")
          .ascii(Integer.toString(body.length))
          .ascii("\r\n");
    }
    out.ascii("\r\n").add(body);
    connect();
  }

  private void connect() {
    if (over) {
      return;
    }
    EnginePool.Connection idle = pool.take();
    if (idle != null) {
      channel = idle.channel();
      key = idle.key();
      idle.key().attach(this);
      try {
        write();
      } catch (IOException e) {
        fail(false);
      }
      return;
    }
    SocketChannel c = null;
    try {
      c = SocketChannel.open(java.net.StandardProtocolFamily.UNIX);
      c.configureBlocking(false);
      if (!c.connect(address)) {
        // The accept queue is full: unlike TCP, nothing is under way.
        c.close();
        retried += RETRY_EVERY_MILLIS;
        if (retried > RETRY_MILLIS) {
          fail(false);
        } else {
          loop.later(RETRY_EVERY_MILLIS, this::connect);
        }
        return;
      }
      channel = c;
      key = loop.register(c, SelectionKey.OP_READ, this);
      write();
    } catch (IOException e) {
      closeQuietly(c);
      fail(false);
    }
  }

  private static void closeQuietly(@Nullable SocketChannel c) {
    if (c != null) {
      try {
        c.close();
      } catch (IOException e) {
        // It is gone either way.
      }
    }
  }

  /** Ends the call: the engine sees its connection close. */
  void close() {
    if (!over) {
      over = true;
      if (key != null) {
        key.cancel();
      }
      closeQuietly(channel);
    }
  }

  private void fail(boolean connected) {
    if (!over) {
      close();
      // Not from here: whoever began the call has not got it yet.
      loop.execute(() -> sink.failed(connected));
    }
  }

  /** Stops reading, so that the engine is held back. */
  void pause(boolean on) {
    paused = on;
    interest();
  }

  private void interest() {
    SelectionKey k = key;
    if (!over && k != null && k.isValid()) {
      int ops =
          (paused ? 0 : SelectionKey.OP_READ) | (sent < out.size() ? SelectionKey.OP_WRITE : 0);
      if (k.interestOps() != ops) {
        k.interestOps(ops);
      }
    }
  }

  private void write() throws IOException {
    SocketChannel c = channel;
    if (c == null) {
      return;
    }
    while (sent < out.size()) {
      loop.buffer.clear();
      int step = Math.min(out.size() - sent, loop.buffer.capacity());
      loop.buffer.put(out.array(), sent, step).flip();
      int n = c.write(loop.buffer);
      sent += n;
      if (n < step) {
        break;
      }
    }
    if (sent == out.size()) {
      out.clear();
      sent = 0;
    }
    interest();
  }

  @Override
  public void ready(SelectionKey ready) {
    try {
      if (ready.isWritable()) {
        write();
      }
      if (!over && ready.isReadable()) {
        read();
      }
    } catch (IOException e) {
      if (head != null || in.size() > 0) {
        fail(true);
      } else {
        fail(false);
      }
    }
  }

  @Override
  public void crashed() {
    fail(true);
  }

  private void read() throws IOException {
    SocketChannel c = channel;
    if (c == null) {
      return;
    }
    loop.buffer.clear();
    int n = c.read(loop.buffer);
    if (n == 0) {
      return;
    }
    if (n < 0) {
      ended();
      return;
    }
    loop.buffer.flip().get(loop.bytes, 0, n);
    if (head != null) {
      body(head, loop.bytes, 0, n);
      return;
    }
    in.add(loop.bytes, 0, n);
    while (head == null) {
      ResponseHead.Parsed parsed;
      try {
        parsed = ResponseHead.parse(in.array(), Math.min(in.size(), MOST_HEAD));
      } catch (ResponseHead.Malformed e) {
        fail(true);
        return;
      }
      if (parsed == null) {
        if (in.size() >= MOST_HEAD) {
          fail(true);
        }
        return;
      }
      in.dropFirst(parsed.end());
      if (parsed.head().status() < 200) {
        if (parsed.head().status() == 101) {
          fail(true);
          return;
        }
        continue;
      }
      head = parsed.head();
      left = parsed.head().contentLength();
      sink.head(parsed.head());
      if (over) {
        return;
      }
      if (in.size() > 0 || left == 0) {
        byte[] rest = in.toArray();
        in.clear();
        body(parsed.head(), rest, 0, rest.length);
      }
    }
  }

  private void body(ResponseHead h, byte[] source, int from, int to) {
    if (h.chunked()) {
      try {
        int used = chunks.feed(source, from, to, (d, a, b) -> give(d, a, b));
        if (!over && chunks.done()) {
          finish(used == to);
        }
      } catch (Chunks.Malformed e) {
        fail(true);
      }
      return;
    }
    if (h.contentLength() < 0) {
      give(source, from, to);
      return;
    }
    int mine = (int) Math.min(left, to - from);
    left -= mine;
    if (mine > 0) {
      give(source, from, from + mine);
    }
    if (left == 0 && !over) {
      finish(mine == to - from);
    }
  }

  private void give(byte[] source, int from, int to) {
    if (!over) {
      sink.data(source, from, to);
    }
  }

  private void finish(boolean clean) {
    SocketChannel c = channel;
    SelectionKey k = key;
    ResponseHead h = head;
    if (!over
        && clean
        && sent == out.size()
        && c != null
        && k != null
        && h != null
        && !h.closes()) {
      over = true;
      pool.give(new EnginePool.Connection(c, k));
    } else {
      close();
    }
    sink.end(clean);
  }

  private void ended() {
    ResponseHead h = head;
    if (h != null && !h.chunked() && h.contentLength() < 0) {
      close();
      sink.end(false);
    } else {
      fail(h != null || in.size() > 0);
    }
  }
}
