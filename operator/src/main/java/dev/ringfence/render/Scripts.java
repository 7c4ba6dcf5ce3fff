package dev.ringfence.render;

import java.util.List;

/**
 * The shell that runs in an engine's container. Every script is a constant: what differs comes as
 * positional parameters, so no text of a workload is ever read as shell.
 */
final class Scripts {
  /**
   * Waits for the guard's word, then becomes the engine. Parameters: run folder, socket, command.
   *
   * <p>Written for any POSIX sh, as any uid, with a read-only root, and without {@code $(} and
   * {@code $$}, which the kubelet would rewrite.
   *
   * <ul>
   *   <li>The container may have restarted in place: what the engine before left is removed first.
   *       A socket that is there would fail the new engine's bind.
   *   <li>A core limit of exactly 1 byte also stops kernels that pipe dumps to a program; where
   *       that cannot be set, 0 stops plain files.
   *   <li>As process 1 the shell would ignore a TERM that it has no trap for; exec drops the trap.
   *   <li>The reason of a refusal goes where the kubelet reads a termination message.
   * </ul>
   */
  static final String START =
      """
      run=$0 socket=$1
      shift
      trap 'exit 143' TERM INT
      rm -rf "$socket" "$run"/* /dev/shm/*
      if prlimit --core=1:1 true 2>/dev/null; then
        set -- prlimit --core=1:1 "$@"
      else
        ulimit -c 0
      fi
      : > "$run/start"
      until [ -e "$run/go" ]; do
        if [ -e "$run/refused" ]; then
          cat "$run/refused" >&2
          if [ -w /dev/termination-log ]; then cat "$run/refused" > /dev/termination-log; fi
          exit 1
        fi
        sleep 1
      done
      exec "$@"
      """;

  /**
   * Asks the guard to drain and waits until it has. Parameter: run folder.
   *
   * <p>Runs before the engine gets its TERM: the guard still serves what is in flight.
   */
  static final String DRAIN =
      """
      : > "$0/drain"
      until [ -e "$0/drained" ]; do sleep 1; done
      """;

  private Scripts() {}

  /** The start command in front of {@code vllm serve ...}. */
  static List<String> start() {
    return List.of("/bin/sh", "-c", START, Paths.RUN, Paths.SOCKET);
  }

  /** Ends after so many seconds, should no guard be there to answer. */
  static List<String> drain(int seconds) {
    return List.of("timeout", Integer.toString(seconds), "/bin/sh", "-c", DRAIN, Paths.RUN);
  }
}
