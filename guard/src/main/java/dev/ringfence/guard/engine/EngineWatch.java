package dev.ringfence.guard.engine;

import dev.ringfence.guard.policy.Contract;
import dev.ringfence.guard.state.EngineView;
import dev.ringfence.guard.state.LiveState;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Looks at the engine every two seconds, and at once when a connection was lost. Every gap counts
 * as a new start: the engine is attested and tested again, as is one that merely changed its
 * socket.
 */
public final class EngineWatch {
  private static final long LOOK_EVERY = 2_000_000_000L;
  private static final long ATTEST_EVERY = 10_000_000_000L;
  private static final long SMOKE_EVERY = 600_000_000_000L;
  private static final long SMOKE_AGAIN_AFTER_FAILURE = 30_000_000_000L;
  private static final int HEALTH_MILLIS = 3000;

  /** Looks without an answer in time before the engine counts as gone: it may just be busy. */
  private static final int SLOW_LOOKS = 2;

  private final LiveState live;
  private final EngineClient engine;
  private final Path socket;
  private final String servedFolder;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private boolean lookNow;
  private boolean forget;
  private long earliest;

  private int slow;
  private String identity = "";
  private long attestedAt;
  private volatile long smokedAt;
  private volatile boolean smoking;
  private int starts;

  private volatile Runnable changeListener = () -> {};

  /** The time from which the engine is not healthy, or 0 while it is. */
  private volatile long unhealthySince = System.nanoTime();

  public EngineWatch(LiveState live, UnixDomainSocketAddress address, String servedFolder) {
    this.live = live;
    this.engine = new EngineClient(address);
    this.socket = address.getPath();
    this.servedFolder = servedFolder;
  }

  /** Told at once, in the watch's own thread, when an engine turned healthy or not. */
  public void onChange(Runnable listener) {
    changeListener = listener;
  }

  public void start() {
    Thread.ofPlatform().name("engine").daemon().start(this::run);
  }

  /** A connection to the engine was lost: look now, not in two seconds. */
  public void look() {
    lock.lock();
    try {
      lookNow = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** The engine that was there is gone: its script asked for a new start. */
  public void forget() {
    lock.lock();
    try {
      forget = true;
      lookNow = true;
      live.engine(
          new EngineView(false, live.engine().starts(), Optional.empty(), Optional.empty()));
      unhealthySince = System.nanoTime();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Seconds for which the engine has not been healthy; 0 while it is. */
  public double unhealthySeconds() {
    long since = unhealthySince;
    return since == 0 ? 0 : (System.nanoTime() - since) / 1e9;
  }

  private void run() {
    while (true) {
      lock.lock();
      try {
        long left = LOOK_EVERY;
        while (!lookNow && left > 0) {
          left = changed.awaitNanos(left);
        }
        lookNow = false;
        if (forget) {
          forget = false;
          identity = "";
        }
      } catch (InterruptedException e) {
        return;
      } finally {
        lock.unlock();
      }
      lookOnce();
    }
  }

  private void lookOnce() {
    // A client that meets a dead engine may make us look, but not more often than this.
    long now = System.nanoTime();
    if (now - earliest < 0) {
      try {
        Thread.sleep(Math.max(1, (earliest - now) / 1_000_000));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
    earliest = System.nanoTime() + LOOK_EVERY / 10;
    String seen = socketIdentity();
    boolean healthy;
    try {
      healthy = engine.get("/health", HEALTH_MILLIS).status() == 200;
      slow = 0;
    } catch (EngineClient.NoAnswer e) {
      healthy = e.slow() && ++slow < SLOW_LOOKS && live.engine().healthy();
      if (healthy) {
        return;
      }
    }
    if (!healthy) {
      gone();
      return;
    }
    EngineView view = live.engine();
    if (!view.healthy() || !seen.equals(identity)) {
      identity = seen;
      starts++;
      publish(new EngineView(true, starts, Optional.empty(), Optional.empty()));
      attestedAt = 0;
      smokedAt = 0;
    }
    attestAndTest();
  }

  private void attestAndTest() {
    Contract contract = live.policy().document().contract();
    long now = System.nanoTime();
    EngineView view = live.engine();
    boolean attested = view.attested().map(EngineView.Attestation::ok).orElse(false);
    if (attestedAt == 0 || !attested || now - attestedAt > ATTEST_EVERY) {
      EngineView.Attestation a = Attestor.attest(engine, contract, servedFolder);
      attestedAt = System.nanoTime();
      attested = a.ok();
      update(v -> new EngineView(v.healthy(), v.starts(), Optional.of(a), v.smoke()));
    }
    if (!attested || contract.smokeTests().isEmpty()) {
      return;
    }
    boolean failed = view.smoke().map(s -> !s.ok()).orElse(false);
    boolean due =
        smokedAt == 0
            || System.nanoTime() - smokedAt > (failed ? SMOKE_AGAIN_AFTER_FAILURE : SMOKE_EVERY);
    if (due && !smoking) {
      smoking = true;
      int tested = starts;
      // Beside the looks: a model that answers slowly must not look like one that is gone.
      Thread.ofVirtual()
          .name("smoke")
          .start(
              () -> {
                EngineView.SmokeResult result = SmokeTester.run(engine, contract);
                lock.lock();
                try {
                  smoking = false;
                  if (live.engine().starts() == tested && live.engine().healthy()) {
                    smokedAt = System.nanoTime();
                    EngineView v = live.engine();
                    live.engine(
                        new EngineView(v.healthy(), v.starts(), v.attested(), Optional.of(result)));
                  }
                } finally {
                  lock.unlock();
                }
              });
    }
  }

  private void gone() {
    identity = "";
    if (unhealthySince == 0) {
      unhealthySince = System.nanoTime();
    }
    publish(new EngineView(false, starts, Optional.empty(), Optional.empty()));
  }

  private void update(java.util.function.UnaryOperator<EngineView> change) {
    lock.lock();
    try {
      if (!forget) {
        live.engine(change.apply(live.engine()));
      }
    } finally {
      lock.unlock();
    }
  }

  private void publish(EngineView view) {
    lock.lock();
    try {
      // What was seen before the script asked for a new start says nothing about the next engine.
      if (!forget) {
        live.engine(view);
        if (view.healthy()) {
          unhealthySince = 0;
        }
      }
    } finally {
      lock.unlock();
    }
    // Before anything else is asked of the engine: whoever sees us ready finds `healthy` there.
    changeListener.run();
  }

  /** Changes when another process has made the socket anew. */
  private String socketIdentity() {
    try {
      BasicFileAttributes a = Files.readAttributes(socket, BasicFileAttributes.class);
      return a.fileKey() + "/" + a.creationTime() + "/" + a.lastModifiedTime();
    } catch (IOException e) {
      return "none";
    }
  }
}
