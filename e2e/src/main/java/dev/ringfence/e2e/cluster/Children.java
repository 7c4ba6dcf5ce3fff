package dev.ringfence.e2e.cluster;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Starts the programs of one control plane, and ends them. */
sealed interface Children {

  /** A program that was started. */
  record Child(
      Program program, Path executable, List<String> arguments, Process process, Path log) {
    public Child {
      arguments = List.copyOf(arguments);
    }

    /**
     * @throws ControlPlaneException when the program has ended; with the end of its log
     */
    void requireAlive() {
      if (!process.isAlive()) {
        throw new ControlPlaneException(
            "%s ended with exit code %d; the end of its log:%n%s"
                .formatted(program.executable, process.exitValue(), LogTail.of(log, 15)));
      }
    }

    /** The program itself, behind the shell that keeps it. */
    ProcessHandle handle() {
      return process
          .descendants()
          .filter(handle -> PidFile.runs(handle, program.executable))
          .findFirst()
          .orElseThrow(() -> new ControlPlaneException(program.executable + " does not run"));
    }

    boolean portWasTaken() {
      return !process.isAlive() && LogTail.of(log, 50).contains("address already in use");
    }
  }

  /** Starts a program in the folder, its output going to {@code logs/<program>.log}. */
  Child start(Program program, Path executable, List<String> arguments) throws IOException;

  /**
   * Programs that cannot outlive this JVM, however it ends. Each runs under a shell that holds the
   * reading end of a pipe; only this JVM holds the writing end, so the kernel closes it when the
   * JVM is gone, and the shell then kills its program. A last shell removes the folder.
   */
  final class Attached implements Children, AutoCloseable {
    private static final String KEEPER =
        """
        exec 3<&0 </dev/null
        "$@" 3<&- &
        child=$!
        { read -r _ <&3; kill -KILL "$child" 2>/dev/null; } &
        watcher=$!
        exec 3<&-
        wait "$child"
        status=$?
        kill -KILL "$watcher" 2>/dev/null
        exit "$status"
        """;

    // After a line ("all have ended") the folder can go at once; after a mere end of file the
    // programs are just being killed and could still make a file.
    private static final String JANITOR =
        """
        read -r _ || sleep 1
        rm -rf -- "$1"
        """;

    private final ControlPlaneFolder folder;
    private final List<Child> children = new ArrayList<>();
    private final Process janitor;

    Attached(ControlPlaneFolder folder) throws IOException {
      this.folder = folder;
      janitor =
          new ProcessBuilder(
                  "/bin/sh", "-c", JANITOR, "ringfence-janitor", folder.path().toString())
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .directory(new File("/"))
              .start();
    }

    @Override
    public Child start(Program program, Path executable, List<String> arguments)
        throws IOException {
      var command = new ArrayList<>(List.of("/bin/sh", "-c", KEEPER, "ringfence-keeper"));
      command.add(executable.toString());
      command.addAll(arguments);
      var child = launch(program, executable, arguments, command, folder);
      children.add(child);
      return child;
    }

    /** Those that were started, in order, the ended ones among them. */
    List<Child> started() {
      return List.copyOf(children);
    }

    /** Kills one program and waits until it is gone. */
    void end(Child child) {
      closeQuietly(child.process);
      await(child.process, child.program.executable);
      children.remove(child);
    }

    /** Kills every program, waits until they are gone, and removes the folder. */
    @Override
    public void close() {
      for (var child : children) {
        closeQuietly(child.process);
      }
      for (var child : children) {
        await(child.process, child.program.executable);
      }
      try (var out = janitor.getOutputStream()) {
        out.write('\n');
      } catch (IOException e) {
        throw new ControlPlaneException("cannot remove " + folder.path(), e);
      }
      await(janitor, "the removal of " + folder.path());
    }

    private static void closeQuietly(Process process) {
      try {
        process.getOutputStream().close();
      } catch (IOException e) {
        process.destroyForcibly();
      }
    }

    private static void await(Process process, String what) {
      try {
        if (process.waitFor(30, TimeUnit.SECONDS)) {
          return;
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
      throw new ControlPlaneException(what + " did not end when it was killed");
    }
  }

  /**
   * Programs that go on when this JVM ends. Each leaves its process id in {@code pids/} before it
   * starts.
   */
  record Detached(ControlPlaneFolder folder) implements Children {
    private static final String RECORD = "echo $$ > \"$0\" && exec \"$@\"";
    // A session of its own keeps the terminal's hang-up and Ctrl-C away; macOS has no setsid.
    private static final boolean SETSID = Files.isExecutable(Path.of("/usr/bin/setsid"));

    @Override
    public Child start(Program program, Path executable, List<String> arguments)
        throws IOException {
      var own = new ArrayList<>(List.of(executable.toString()));
      own.addAll(arguments);
      var command = recorded(PidFile.of(folder, program.executable, executable), own);
      var child = launch(program, executable, arguments, command, folder);
      child.process.getOutputStream().close();
      return child;
    }

    /** The command that runs this one apart from the terminal, with its process id in a file. */
    static List<String> recorded(PidFile file, List<String> command) {
      var all = new ArrayList<String>();
      all.addAll(List.of(SETSID ? "/usr/bin/setsid" : "/usr/bin/nohup", "/bin/sh", "-c"));
      all.add(RECORD);
      all.add(file.path().toString());
      all.addAll(command);
      return all;
    }
  }

  private static Child launch(
      Program program,
      Path executable,
      List<String> arguments,
      List<String> command,
      ControlPlaneFolder folder)
      throws IOException {
    var log = folder.log(program.executable);
    var builder =
        new ProcessBuilder(command)
            .directory(folder.path().toFile())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
    // A proxy for the outside world must not stand between the programs.
    for (var name : List.of("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy")) {
      builder.environment().remove(name);
    }
    return new Child(program, executable, arguments, builder.start(), log);
  }
}
