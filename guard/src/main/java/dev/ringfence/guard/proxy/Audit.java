package dev.ringfence.guard.proxy;

import dev.ringfence.guard.json.Bytes;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Writes lines to stdout from a thread of its own: a slow reader of the log holds no request. Under
 * load it writes what has come together in a few milliseconds at once: to wake it for every line
 * costs the loop a tenth of its time.
 */
public final class Audit implements AuditLog, AutoCloseable {
  /**
   * Lines that wait, in bytes; beyond this, lines are lost and counted rather than memory filled.
   */
  private static final int MOST_WAITING = 4 * 1024 * 1024;

  /** How long lines come together before they are written, nanoseconds. */
  private static final long GATHER = 5_000_000L;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private Bytes waiting = new Bytes(8192);
  private long lost;
  private boolean closed;
  private boolean writing;

  public Audit() {
    Thread.ofPlatform().name("audit").daemon().start(this::run);
  }

  @Override
  public void line(Bytes text) {
    lock.lock();
    try {
      if (waiting.size() > MOST_WAITING) {
        lost++;
        return;
      }
      boolean wasEmpty = waiting.size() == 0;
      waiting.add(text.array(), 0, text.size()).add('\n');
      if (wasEmpty) {
        changed.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  public long lost() {
    lock.lock();
    try {
      return lost;
    } finally {
      lock.unlock();
    }
  }

  private void run() {
    Bytes spare = new Bytes(8192);
    // Not System.out: it would copy, encode and lock once more.
    try (FileOutputStream out = new FileOutputStream(FileDescriptor.out)) {
      while (true) {
        Bytes full;
        lock.lock();
        try {
          writing = false;
          changed.signalAll();
          while (waiting.size() == 0) {
            if (closed) {
              return;
            }
            changed.awaitUninterruptibly();
          }
          full = waiting;
          waiting = spare;
          writing = true;
        } finally {
          lock.unlock();
        }
        try {
          out.write(full.array(), 0, full.size());
        } catch (IOException e) {
          // Nobody reads the log; requests go on.
        }
        full.clear();
        spare = full;
        LockSupport.parkNanos(GATHER);
      }
    } catch (IOException e) {
      // stdout cannot be closed: the process is ending.
    }
  }

  /** Waits until every line is written, a second at most. */
  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      changed.signalAll();
      long left = 1_000_000_000L;
      while ((waiting.size() > 0 || writing) && left > 0) {
        left = changed.awaitNanos(left);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      lock.unlock();
    }
  }
}
