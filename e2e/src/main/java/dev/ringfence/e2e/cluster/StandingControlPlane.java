package dev.ringfence.e2e.cluster;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * The control plane of {@code ringfence local}: one for a user, left running until it is taken
 * down. It lives in {@code <state>/local}, where {@code <state>} is {@code RINGFENCE_STATE}, else
 * {@code XDG_STATE_HOME/ringfence}, else {@code ~/.local/state/ringfence}.
 *
 * <p>Up, down and a look at it exclude one another, also between processes.
 */
public final class StandingControlPlane {
  private static final Duration RECORDED = Duration.ofSeconds(10);

  private static final Set<String> PROGRAMS =
      Arrays.stream(Program.values()).map(p -> p.executable).collect(Collectors.toSet());

  private final ControlPlaneFolder folder;
  private final Path kubectl;

  private StandingControlPlane(ControlPlaneFolder folder, Path kubectl) {
    this.folder = folder;
    this.kubectl = kubectl;
  }

  /** What {@link #up} found or did. */
  public enum Outcome {
    STARTED,
    ALREADY_UP
  }

  /** The control plane and whether it was started just now. */
  public record Up(StandingControlPlane controlPlane, Outcome outcome) {}

  /**
   * Starts the control plane unless it is up. What a crash left behind is removed first; when the
   * start fails or is interrupted, nothing is left.
   *
   * @throws ControlPlaneException when it cannot be had or does not start
   */
  public static Up up(ControlPlaneOptions options, Consumer<String> progress) {
    return locked(
        () -> {
          var standing = look();
          if (standing.isPresent()) {
            return new Up(standing.get(), Outcome.ALREADY_UP);
          }
          var binaries = Binaries.resolve(Bootstrap.programs(options), System.getenv(), progress);
          remove();
          var folder = place();
          var interrupted = new Thread(StandingControlPlane::remove, "local-up-interrupted");
          Runtime.getRuntime().addShutdownHook(interrupted);
          boolean complete = false;
          try {
            Files.createDirectories(folder.path());
            Bootstrap.start(folder, binaries, new Children.Detached(folder), options);
            folder.write("kubectl", binaries.of(Program.KUBECTL).toString());
            complete = true;
            return new Up(
                new StandingControlPlane(folder, binaries.of(Program.KUBECTL)), Outcome.STARTED);
          } catch (IOException e) {
            throw new ControlPlaneException("cannot write to " + folder.path(), e);
          } finally {
            forget(interrupted);
            if (!complete) {
              remove();
            }
          }
        });
  }

  /** The control plane, if it is up: every one of its programs runs and its API server answers. */
  public static Optional<StandingControlPlane> find() {
    return locked(StandingControlPlane::look);
  }

  /**
   * Ends the control plane and removes its files; also what a crash left.
   *
   * @return whether there was anything
   */
  public static boolean down() {
    return locked(StandingControlPlane::remove);
  }

  /** The cluster administrator's kubeconfig file. */
  public Path kubeconfig() {
    return folder.kubeconfig();
  }

  /** The cluster administrator's client configuration. */
  public Config config() {
    return folder.config();
  }

  /** The client configuration of another user, who has only the rights that RBAC gives. */
  public Config configFor(String user, String... groups) {
    return folder.configFor(user, groups);
  }

  /** The kubectl executable of the same version. */
  public Path kubectl() {
    return kubectl;
  }

  /** The folder with the programs' logs, {@code <program>.log}. */
  public Path logs() {
    return folder.logs();
  }

  /** The file of the audit log. */
  public Path auditLog() {
    return folder.auditLog();
  }

  /**
   * Starts a program that lives as long as this control plane: {@link #down} ends it. One of the
   * same name is ended first. Its output goes to {@code <name>.log} among the {@link #logs}.
   *
   * @param name of lower-case letters and dashes
   * @param command the executable's absolute path, then its arguments
   * @param environment variables beside those of this process
   */
  public ProcessHandle startBeside(
      String name, List<String> command, Map<String, String> environment) {
    return locked(
        () -> {
          end(
              PidFile.all(folder).stream()
                  .filter(file -> file.name().equals(name))
                  .flatMap(file -> file.process().stream())
                  .toList());
          var file = PidFile.of(folder, name, Path.of(command.getFirst()));
          var builder =
              new ProcessBuilder(Children.Detached.recorded(file, command))
                  .directory(folder.path().toFile())
                  .redirectErrorStream(true)
                  .redirectOutput(ProcessBuilder.Redirect.appendTo(folder.log(name).toFile()));
          builder.environment().putAll(environment);
          try {
            var process = builder.start();
            process.getOutputStream().close();
            awaitRecord(file, process);
            return process.toHandle();
          } catch (IOException e) {
            throw new ControlPlaneException("cannot start " + name, e);
          }
        });
  }

  /**
   * The shell in front of a program writes its pid in a moment; what is not written cannot be
   * ended.
   */
  private static void awaitRecord(PidFile file, Process process) {
    long end = System.nanoTime() + RECORDED.toNanos();
    while (file.process().isEmpty() && process.isAlive() && System.nanoTime() < end) {
      try {
        Thread.sleep(10);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new ControlPlaneException("interrupted while a program started", e);
      }
    }
  }

  /** Whether a program that was {@link #startBeside started beside} still runs. */
  public boolean runs(String name) {
    return PidFile.all(folder).stream()
        .anyMatch(file -> file.name().equals(name) && file.process().isPresent());
  }

  static Path state(Map<String, String> environment) {
    var own = environment.getOrDefault("RINGFENCE_STATE", "");
    if (!own.isBlank()) {
      return Path.of(own).toAbsolutePath();
    }
    var xdg = environment.getOrDefault("XDG_STATE_HOME", "");
    var base =
        xdg.isBlank() ? Path.of(System.getProperty("user.home"), ".local", "state") : Path.of(xdg);
    return base.resolve("ringfence").toAbsolutePath();
  }

  private static ControlPlaneFolder place() {
    return new ControlPlaneFolder(state(System.getenv()).resolve("local"));
  }

  private static Optional<StandingControlPlane> look() {
    var folder = place();
    var complete = folder.path().resolve("kubectl");
    if (!Files.exists(complete)
        || PidFile.all(folder).stream()
            .filter(file -> PROGRAMS.contains(file.name()))
            .anyMatch(file -> file.process().isEmpty())) {
      return Optional.empty();
    }
    try (var client = Bootstrap.client(folder.config())) {
      if (!"ok".equals(client.raw("/readyz"))) {
        return Optional.empty();
      }
      return Optional.of(
          new StandingControlPlane(folder, Path.of(Files.readString(complete).strip())));
    } catch (KubernetesClientException | IOException e) {
      return Optional.empty();
    }
  }

  private static boolean remove() {
    var folder = place();
    if (!Files.exists(folder.path())) {
      return false;
    }
    var processes = PidFile.all(folder).stream().flatMap(file -> file.process().stream()).toList();
    end(processes);
    try {
      Folders.delete(folder.path());
    } catch (IOException e) {
      throw new UncheckedIOException("cannot remove " + folder.path(), e);
    }
    return true;
  }

  private static void end(List<ProcessHandle> processes) {
    processes.forEach(ProcessHandle::destroyForcibly);
    for (var process : processes) {
      try {
        process.onExit().get(30, TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new ControlPlaneException("interrupted while the control plane ends", e);
      } catch (ExecutionException | TimeoutException e) {
        throw new ControlPlaneException(
            "process " + process.pid() + " did not end when it was killed", e);
      }
    }
  }

  private static void forget(Thread hook) {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The hook is running; it removes everything.
      return;
    }
  }

  private static synchronized <T> T locked(Supplier<T> action) {
    var state = state(System.getenv());
    try {
      Files.createDirectories(state);
      try (var channel =
              FileChannel.open(
                  state.resolve("local.lock"),
                  StandardOpenOption.CREATE,
                  StandardOpenOption.WRITE);
          var lock = channel.lock()) {
        assert lock.isValid();
        return action.get();
      }
    } catch (IOException e) {
      throw new ControlPlaneException(
          "cannot write the folder %s; set RINGFENCE_STATE to another".formatted(state), e);
    }
  }
}
