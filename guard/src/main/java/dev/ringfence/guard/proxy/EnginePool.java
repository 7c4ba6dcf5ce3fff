package dev.ringfence.guard.proxy;

import java.io.IOException;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * Connections to the engine whose last answer ended as it should. One that says anything while it
 * is idle, or closes, is dropped: an answer behind an answer reaches nobody.
 */
final class EnginePool {
  private static final int MOST = 64;

  /**
   * Well below the time after which an engine closes an idle connection, so that a request never
   * meets that moment.
   */
  private static final long MOST_IDLE = 2_000_000_000L;

  /** A connection with its key in the loop. */
  record Connection(SocketChannel channel, SelectionKey key) {
    void close() {
      key.cancel();
      try {
        channel.close();
      } catch (IOException e) {
        // It is gone either way.
      }
    }
  }

  private final class Idle implements Loop.Owner {
    private final Connection connection;
    private final long since = System.nanoTime();

    Idle(Connection connection) {
      this.connection = connection;
    }

    @Override
    public void ready(SelectionKey key) {
      crashed();
    }

    @Override
    public void crashed() {
      idle.remove(this);
      connection.close();
    }
  }

  private final Loop loop;
  private final Deque<Idle> idle = new ArrayDeque<>();

  EnginePool(Loop loop) {
    this.loop = loop;
  }

  /** A connection on which nothing has arrived, or null. */
  @Nullable Connection take() {
    long now = System.nanoTime();
    while (!idle.isEmpty()) {
      Connection c = idle.removeLast().connection;
      try {
        // The loop may not have told yet what has arrived.
        if (c.key().isValid() && c.channel().read(loop.buffer.clear()) == 0) {
          return c;
        }
      } catch (IOException e) {
        // Not to be used.
      }
      c.close();
    }
    expire(now);
    return null;
  }

  void give(Connection connection) {
    if (idle.size() >= MOST || !connection.key().isValid()) {
      connection.close();
      return;
    }
    Idle i = new Idle(connection);
    connection.key().attach(i);
    if (connection.key().interestOps() != SelectionKey.OP_READ) {
      connection.key().interestOps(SelectionKey.OP_READ);
    }
    idle.addLast(i);
  }

  /** Drops what was idle for too long. */
  void expire(long now) {
    while (!idle.isEmpty() && now - idle.getFirst().since > MOST_IDLE) {
      idle.removeFirst().connection.close();
    }
  }
}
