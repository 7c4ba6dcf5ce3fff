package dev.ringfence.guard.proxy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * The one thread that does all socket work. Everything in this package but {@link #execute} is
 * called by it only, so nothing here needs a lock. What blocks or computes for long belongs
 * elsewhere.
 */
public final class Loop {

  /** What owns a registered channel. */
  interface Owner {
    /** The channel is ready for what the key says. */
    void ready(SelectionKey key);

    /** Its code failed: lets go of everything, so that only this connection is lost. */
    void crashed();
  }

  /** Owns a port: there is nothing of one connection to let go. */
  interface Acceptor extends Owner {
    @Override
    default void crashed() {}
  }

  /** A planned call. */
  static final class Timer implements Comparable<Timer> {
    private final long at;
    private Runnable task;

    Timer(long at, Runnable task) {
      this.at = at;
      this.task = task;
    }

    void cancel() {
      task = () -> {};
    }

    @Override
    public int compareTo(Timer other) {
      return Long.compare(at, other.at);
    }
  }

  /** For reading and writing: no connection keeps a buffer of its own while it is idle. */
  final ByteBuffer buffer = ByteBuffer.allocateDirect(64 * 1024);

  /** What was read last. */
  final byte[] bytes = new byte[64 * 1024];

  /** For TLS records on their way in and out, likewise. */
  final byte[] records = new byte[64 * 1024];

  final ByteBuffer tls = ByteBuffer.wrap(records);

  private final Selector selector;
  private final PriorityQueue<Timer> timers = new PriorityQueue<>();
  private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
  private volatile boolean stopped;

  public Loop() throws IOException {
    selector = Selector.open();
  }

  SelectionKey register(SelectableChannel channel, int ops, Owner owner) throws IOException {
    channel.configureBlocking(false);
    return channel.register(selector, ops, owner);
  }

  /** Calls a task after some milliseconds. */
  Timer later(long millis, Runnable task) {
    Timer timer = new Timer(System.nanoTime() + millis * 1_000_000, task);
    timers.add(timer);
    return timer;
  }

  /** Calls a task in the loop's thread, from any thread. */
  public void execute(Runnable task) {
    tasks.add(task);
    selector.wakeup();
  }

  public void stop() {
    stopped = true;
    selector.wakeup();
  }

  /** Runs until {@link #stop}. */
  public void run() throws IOException {
    while (!stopped) {
      Timer next = timers.peek();
      long wait =
          next == null ? 1000 : Math.max(1, (next.at - System.nanoTime() + 999_999) / 1_000_000);
      selector.select(this::ready, Math.min(wait, 1000));
      for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
        guarded(task);
      }
      long now = System.nanoTime();
      while (!timers.isEmpty() && timers.element().at - now <= 0) {
        guarded(timers.remove().task);
      }
    }
  }

  private static void guarded(Runnable task) {
    try {
      task.run();
    } catch (RuntimeException e) {
      report(e);
    }
  }

  /**
   * A fault of ours: told by its kind and place, since its message could hold what a client sent.
   */
  private static void report(RuntimeException e) {
    StackTraceElement[] trace = e.getStackTrace();
    System.err.println(
        "ringfence: internal fault "
            + e.getClass().getSimpleName()
            + (trace.length == 0
                ? ""
                : " in " + trace[0].getFileName() + ":" + trace[0].getLineNumber()));
  }

  private void ready(SelectionKey key) {
    if (key.isValid() && key.attachment() instanceof Owner owner) {
      try {
        owner.ready(key);
      } catch (RuntimeException e) {
        report(e);
        guarded(owner::crashed);
      }
    }
  }
}
