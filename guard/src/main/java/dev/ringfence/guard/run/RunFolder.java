package dev.ringfence.guard.run;

import dev.ringfence.guard.engine.EngineWatch;
import dev.ringfence.guard.state.Drain;
import dev.ringfence.guard.state.LiveState;
import dev.ringfence.guard.state.VerificationView;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;

/**
 * The tmpfs that the guard shares with the engine's script. The script clears it, writes {@code
 * start} and waits; the guard verifies the model and answers {@code go} or {@code refused}. {@code
 * healthy} and {@code dead} are what the engine's probes look at; {@code drain} asks for draining
 * and {@code drained} answers.
 */
final class RunFolder {
  /**
   * Seconds for which an engine that was healthy may be unhealthy before it is called dead: a busy
   * engine is not.
   */
  private static final double DEAD_AFTER = 15;

  private final Path folder;
  private final LiveState live;
  private final EngineWatch watch;
  private final Drainer drainer;
  private final Optional<ModelGate> gate;
  private boolean wasHealthy;
  private boolean drainedByFile;
  private volatile boolean verifying;

  RunFolder(
      Path folder, LiveState live, EngineWatch watch, Drainer drainer, Optional<ModelGate> gate) {
    this.folder = folder;
    this.live = live;
    this.watch = watch;
    this.drainer = drainer;
    this.gate = gate;
    // A guard that comes back must be able to find the engine dead that its predecessor found
    // healthy.
    this.wasHealthy = has("healthy");
    if (has("go") && gate.isPresent()) {
      // The engine that runs is left alone; it is served again once what it was given is known to
      // be good.
      verifyInBackground(gate.get()::again, false);
    }
  }

  private boolean has(String name) {
    return Files.exists(folder.resolve(name));
  }

  /** Makes a file whole at once. */
  private void put(String name, String text) {
    try {
      Path half = folder.resolve("." + name + ".new");
      Files.writeString(half, text);
      Files.move(half, folder.resolve(name), StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      // The folder is being cleared, or full: the next look tries again.
    }
  }

  private void remove(String name) {
    try {
      Files.deleteIfExists(folder.resolve(name));
    } catch (IOException e) {
      // As above.
    }
  }

  /** Whether the engine was told to go, as far as this folder knows. */
  boolean told() {
    return has("go");
  }

  /** Looks at everything; called twenty times a second. */
  synchronized void look() {
    drain();
    boolean told = has("go");
    boolean refused = has("refused");
    if (has("start") && !told && !refused && !verifying) {
      begin();
      return;
    }
    boolean healthy = told && live.engine().healthy();
    if (healthy) {
      wasHealthy = true;
      if (!has("healthy")) {
        put("healthy", "");
      }
      if (has("dead")) {
        remove("dead");
      }
    } else {
      if (has("healthy")) {
        remove("healthy");
      }
      if (told && wasHealthy && watch.unhealthySeconds() > DEAD_AFTER && !has("dead")) {
        put("dead", "");
      }
    }
  }

  private void drain() {
    if (has("drain")) {
      drainer.begin();
      drainedByFile = true;
    } else if (drainedByFile) {
      drainedByFile = false;
      drainer.cancel();
    }
    if (drainer.tick() == Drain.DRAINED && drainedByFile && !has("drained")) {
      put("drained", "");
    }
  }

  /** The script asked: the engine that was there is gone. */
  private void begin() {
    if (live.engine().healthy() || wasHealthy) {
      wasHealthy = false;
      watch.forget();
    }
    if (!live.beforeStart().isEmpty()) {
      return;
    }
    verifyInBackground(() -> gate.map(ModelGate::get).orElseGet(VerificationView::good), true);
  }

  private void verifyInBackground(
      java.util.function.Supplier<VerificationView> verify, boolean answer) {
    verifying = true;
    live.verification(VerificationView.notYet());
    Thread.ofPlatform()
        .name("verify")
        .daemon()
        .start(
            () -> {
              try {
                VerificationView view = verify.get();
                live.verification(view);
                if (!answer || !has("start")) {
                  return;
                }
                if (view.ok().orElse(false)) {
                  put("go", "");
                } else {
                  String rule = view.rule() == null ? "" : view.rule().id();
                  put("refused", rule + " " + view.file() + ": " + view.message() + "\n");
                }
              } finally {
                verifying = false;
              }
            });
  }
}
