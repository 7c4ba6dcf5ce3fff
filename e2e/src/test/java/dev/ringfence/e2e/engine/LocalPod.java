package dev.ringfence.e2e.engine;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * The containers of a rendered pod as processes of this machine: the commands, arguments and
 * variables to the letter, and each path of the rendered mounts where the pod would have it, in a
 * mount namespace of the process. No image, no network of its own, no limits: that is what a
 * cluster is for.
 */
final class LocalPod implements AutoCloseable {
  /**
   * Builds a root: this machine's folders, and the pod's mounts over them. Parameters: the new
   * root, the number of mounts, HOST-FOLDER IN-POD for each, then the command.
   */
  private static final String ENTER =
      """
      set -eu
      new=$1; n=$2; shift 2
      mount --make-rprivate / 2>/dev/null || true
      mount -t tmpfs pod "$new"
      mkdir "$new/.host" "$new/etc" "$new/run" "$new/proc" "$new/dev"
      mount --rbind / "$new/.host"
      for e in /* /etc/*; do
        case $e in
          /etc|/run|/proc|/dev|/tmp|/model|'/etc/*') ;;
          *) ln -s "/.host$e" "$new$e" ;;
        esac
      done
      mount --rbind /proc "$new/proc"
      mount --rbind /dev "$new/dev"
      while [ "$n" -gt 0 ]; do
        mkdir -p "$new$2"
        mount --bind "$1" "$new$2"
        shift 2; n=$((n - 1))
      done
      exec chroot "$new" "$@"
      """;

  private final Path folder;
  private final PodSpec spec;
  private final Map<String, Path> volumes = new HashMap<>();
  private final List<Process> processes = new ArrayList<>();

  /** Where a process of a pod sees a file of this machine, wherever that lies. */
  static String seen(Path file) {
    return "/.host" + file.toAbsolutePath();
  }

  /** Why such pods cannot be had here, or nothing. */
  static Optional<String> missing() {
    try {
      Process p =
          new ProcessBuilder(unshare("mount", "-t", "tmpfs", "none", "/mnt"))
              .redirectErrorStream(true)
              .start();
      String said = new String(p.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      return p.waitFor(10, TimeUnit.SECONDS) && p.exitValue() == 0
          ? Optional.empty()
          : Optional.of("no mount namespace of one's own: " + said.strip());
    } catch (IOException e) {
      return Optional.of("no unshare (util-linux)");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.of("interrupted");
    }
  }

  private static List<String> unshare(String... command) throws IOException {
    List<String> all = new ArrayList<>(List.of("unshare", "--mount"));
    if (!"root".equals(System.getProperty("user.name"))) {
      all.add("--map-root-user");
    }
    all.addAll(List.of(command));
    return all;
  }

  /**
   * @param objects what was rendered
   * @param deployment the name of the one to run
   * @param given a folder for each volume that is not rendered: Secrets and the model
   */
  LocalPod(Path folder, List<HasMetadata> objects, String deployment, Map<String, Path> given)
      throws IOException {
    this.folder = folder;
    this.spec =
        Rendering.one(objects, Deployment.class, deployment).getSpec().getTemplate().getSpec();
    for (Volume v : spec.getVolumes()) {
      Path host = given.get(v.getName());
      if (host == null) {
        host = Files.createDirectories(folder.resolve("volumes").resolve(v.getName()));
        if (v.getConfigMap() != null) {
          ConfigMap map = Rendering.one(objects, ConfigMap.class, v.getConfigMap().getName());
          for (var entry : map.getData().entrySet()) {
            Files.writeString(host.resolve(entry.getKey()), entry.getValue());
          }
        } else if (v.getEmptyDir() == null) {
          throw new IllegalArgumentException("no folder for the volume " + v.getName());
        }
      }
      volumes.put(v.getName(), host);
    }
  }

  Path volume(String name) {
    Path host = volumes.get(name);
    if (host == null) {
      throw new IllegalArgumentException("no volume " + name);
    }
    return host;
  }

  Container container(String name) {
    return java.util.stream.Stream.concat(
            spec.getInitContainers().stream(), spec.getContainers().stream())
        .filter(c -> c.getName().equals(name))
        .findFirst()
        .orElseThrow();
  }

  Path log(String container) {
    return folder.resolve(container + ".log");
  }

  /**
   * Starts a container.
   *
   * @param program what the image would run: stands in front of the rendered command
   * @param arguments instead of the rendered ones
   * @param image variables that the image would bring
   */
  Process start(
      String name, List<String> program, List<String> arguments, Map<String, String> image) {
    Container c = container(name);
    try {
      Path root = Files.createDirectories(folder.resolve("root-" + name));
      List<String> command = unshare("/bin/sh", "-c", ENTER, "pod");
      command.add(root.toString());
      command.add(Integer.toString(c.getVolumeMounts().size()));
      for (VolumeMount m : c.getVolumeMounts()) {
        command.add(volume(m.getName()).toAbsolutePath().toString());
        command.add(m.getMountPath());
      }
      // The rendered variables and no other, over the image's.
      command.addAll(List.of("env", "-i"));
      Map<String, String> env = new HashMap<>(image);
      for (EnvVar v : c.getEnv()) {
        env.put(v.getName(), Optional.ofNullable(v.getValue()).orElse(""));
      }
      env.forEach((k, v) -> command.add(k + "=" + v));
      command.addAll(program);
      command.addAll(c.getCommand());
      command.addAll(arguments);
      Process p =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.appendTo(log(name).toFile()))
              .start();
      processes.add(p);
      return p;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    for (Process p : processes) {
      p.descendants().forEach(ProcessHandle::destroyForcibly);
      p.destroyForcibly();
      try {
        p.waitFor();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
