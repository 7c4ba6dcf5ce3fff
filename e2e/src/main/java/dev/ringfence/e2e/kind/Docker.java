package dev.ringfence.e2e.kind;

import dev.ringfence.e2e.cluster.ControlPlaneException;
import dev.ringfence.e2e.cluster.LogTail;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** The Docker daemon that a Kind cluster runs on. */
sealed interface Docker extends AutoCloseable {

  /** The environment by which {@code docker} and {@code kind} find it. */
  Map<String, String> environment();

  @Override
  void close();

  /** The daemon that was there already. */
  record Standing() implements Docker {
    @Override
    public Map<String, String> environment() {
      return withSbin(Map.of());
    }

    @Override
    public void close() {
      // It is not ours.
    }
  }

  /** A daemon in namespaces of its own; nothing of it is left when this is closed. */
  record Own(Path state, Keeper keeper) implements Docker {
    @Override
    public Map<String, String> environment() {
      return withSbin(Map.of("DOCKER_HOST", "unix://" + state.resolve("docker.sock")));
    }

    @Override
    public void close() {
      keeper.close();
    }
  }

  /** Why no cluster can be had on this machine, or nothing; looks, and changes nothing. */
  static Optional<String> missing() {
    if (answers()) {
      return Optional.empty();
    }
    if (!System.getProperty("os.name", "").toLowerCase(Locale.ROOT).contains("linux")) {
      return Optional.of("Docker does not answer: start it");
    }
    if (!"root".equals(System.getProperty("user.name"))) {
      return Optional.of("Docker does not answer, and only root can start it");
    }
    if (!Command.there("dockerd") && !Command.there("apt-get")) {
      return Optional.of("there is no Docker, and no apt-get to install it with");
    }
    return Optional.empty();
  }

  /**
   * The daemon that answers, else one of our own; what that needs is installed.
   *
   * @throws ControlPlaneException when there is none and none can be started
   */
  static Docker open(Consumer<String> progress) {
    missing()
        .ifPresent(
            reason -> {
              throw new ControlPlaneException(reason);
            });
    if (answers()) {
      return new Standing();
    }
    if (!Command.there("dockerd")) {
      Packages.install(List.of("docker.io"), progress);
    }
    Packages.install(Packages.DAEMON, progress);
    if (answers()) {
      // Installing it started it.
      return new Standing();
    }
    return start();
  }

  private static boolean answers() {
    return Command.there("docker")
        && Command.run(
                withSbin(Map.of()), List.of("docker", "version", "-f", "{{.Server.Version}}"))
            .ok();
  }

  private static Docker start() {
    try {
      var state = Files.createTempDirectory("ringfence-docker-");
      var keeper = Keeper.start("docker.sh", withSbin(Map.of()), state.toString());
      long end = System.nanoTime() + 60_000_000_000L;
      while (!Files.exists(state.resolve("ready"))) {
        if (!keeper.process().isAlive() || System.nanoTime() > end) {
          var said = LogTail.of(state.resolve("log"), 15);
          keeper.close();
          throw new ControlPlaneException("dockerd does not start:%n%s".formatted(said));
        }
        Thread.sleep(50);
      }
      return new Own(state, keeper);
    } catch (IOException e) {
      throw new ControlPlaneException("cannot start dockerd", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ControlPlaneException("interrupted while dockerd started", e);
    }
  }

  private static Map<String, String> withSbin(Map<String, String> more) {
    var all = new HashMap<>(more);
    all.put("PATH", System.getenv().getOrDefault("PATH", "/usr/bin:/bin") + ":/usr/sbin:/sbin");
    return Map.copyOf(all);
  }
}
