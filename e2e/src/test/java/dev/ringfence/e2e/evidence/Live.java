package dev.ringfence.e2e.evidence;

import dev.ringfence.e2e.cluster.TestCluster;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * A live container's first process as the node's kernel shows it: read by root on the node, from
 * {@code /proc} and the cgroup's files, with nothing of the pod's own asked.
 *
 * @param files contents of {@code /proc/<pid>/...} by name
 * @param namespaces the process's, by kind, each with the node's own behind a blank
 * @param cgroup limits by the name of their file
 * @param sockets TCP sockets that any process of the container listens on, {@code address:port}
 */
public record Live(
    int pid,
    Map<String, String> files,
    Map<String, String> namespaces,
    Map<String, String> cgroup,
    List<String> sockets) {
  /** Prints one section for each thing; a NUL is shown as a line break. */
  private static final String LOOK =
      """
      uid=$1; word=$2
      for p in /proc/[0-9]*; do
        tr '\\0' '\\n' < $p/cgroup 2>/dev/null | tr '_' '-' | grep -q "$uid" || continue
        tr '\\0' ' ' < $p/cmdline 2>/dev/null | grep -q -- "$word" || continue
        pid=${p#/proc/}; break
      done
      [ -n "$pid" ] || { echo "no process"; exit 1; }
      echo "== pid"; echo $pid
      for f in status mountinfo limits cgroup; do echo "== file $f"; cat /proc/$pid/$f; done
      for f in cmdline environ; do echo "== file $f"; tr '\\0' '\\n' < /proc/$pid/$f; done
      echo "== file swaps"; cat /proc/swaps
      for n in net pid ipc mnt uts; do echo "== ns $n"; echo "$(readlink /proc/$pid/ns/$n) $(readlink /proc/1/ns/$n)"; done
      for line in $(cat /proc/$pid/cgroup | tr ' ' '_'); do
        kind=$(echo $line | cut -d: -f2); path=$(echo $line | cut -d: -f3-)
        for base in /sys/fs/cgroup/$kind$path /sys/fs/cgroup$path; do
          for f in memory.max memory.swap.max memory.limit_in_bytes memory.memsw.limit_in_bytes memory.swappiness; do
            case $kind in memory|'') [ -r $base/$f ] && { echo "== cgroup $f"; cat $base/$f; } ;; esac
          done
        done
      done
      echo "== sockets"
      ns=$(readlink /proc/$pid/ns/mnt)
      for p in /proc/[0-9]*; do
        [ "$(readlink $p/ns/mnt)" = "$ns" ] || continue
        for fd in $p/fd/*; do readlink $fd; done 2>/dev/null
      done | sed -n 's/^socket:\\[\\([0-9]*\\)\\]$/\\1/p' | sort -u > /tmp/inodes
      cat /proc/$pid/net/tcp /proc/$pid/net/tcp6 | while read a local b state c d e f g inode rest; do
        [ "$state" = 0A ] && grep -qx "$inode" /tmp/inodes && echo $local
      done
      exit 0
      """;

  private static final Pattern SECTION = Pattern.compile("(?m)^== ");

  /**
   * @param word a part of the command line that only this process has
   */
  public static Live of(TestCluster cluster, Pod pod, String word) {
    String said =
        cluster.onNode(
            pod.getSpec().getNodeName(),
            "sh",
            "-c",
            LOOK,
            "look",
            pod.getMetadata().getUid(),
            word);
    Map<String, String> files = new HashMap<>();
    Map<String, String> namespaces = new HashMap<>();
    Map<String, String> cgroup = new HashMap<>();
    List<String> sockets = new ArrayList<>();
    int pid = 0;
    for (String section : SECTION.split(said, -1)) {
      int end = section.indexOf('\n');
      if (end < 0) {
        continue;
      }
      String[] title = section.substring(0, end).split(" ", 2);
      String body = section.substring(end + 1);
      switch (title[0]) {
        case "pid" -> pid = Integer.parseInt(body.strip());
        case "file" -> files.put(title[1], body);
        case "ns" -> namespaces.put(title[1], body.strip());
        case "cgroup" -> cgroup.put(title[1], body.strip());
        case "sockets" -> body.lines().map(Live::address).forEach(sockets::add);
        default -> {
          // What the shell said before the first section.
        }
      }
    }
    return new Live(pid, files, namespaces, cgroup, sockets);
  }

  public String file(String name) {
    String text = files.get(name);
    if (text == null) {
      throw new AssertionError("/proc has no " + name + " here: " + files.keySet());
    }
    return text;
  }

  /** A line of {@code /proc/<pid>/status}, with single blanks. */
  public String status(String name) {
    return file("status")
        .lines()
        .filter(l -> l.startsWith(name + ":"))
        .map(l -> l.substring(name.length() + 1).strip().replaceAll("\\s+", " "))
        .findFirst()
        .orElse("");
  }

  /** A mount of the process. */
  public record Mount(String device, String place, String options, String type) {
    public boolean writable() {
      return List.of(options.split(",", -1)).contains("rw");
    }
  }

  public List<Mount> mounts() {
    return file("mountinfo")
        .lines()
        .map(l -> l.split(" ", -1))
        .map(
            p -> {
              int dash = List.of(p).indexOf("-");
              return new Mount(p[2], p[4], p[5], p[dash + 1]);
            })
        .toList();
  }

  /** {@code 0100007F:1F90} as {@code 127.0.0.1:8080}; IPv6 only as loopback, any, or itself. */
  private static String address(String hex) {
    String host = hex.substring(0, hex.indexOf(':'));
    int port = Integer.parseInt(hex.substring(hex.indexOf(':') + 1), 16);
    String name =
        switch (host) {
          case "00000000000000000000000001000000" -> "::1";
          case "00000000000000000000000000000000" -> "::";
          case "0000000000000000FFFF00000100007F" -> "127.0.0.1";
          default -> host.length() == 8 ? ipv4(host) : host;
        };
    return name + ":" + port;
  }

  private static String ipv4(String hex) {
    List<String> parts = new ArrayList<>();
    for (int i = 6; i >= 0; i -= 2) {
      parts.add(Integer.toString(Integer.parseInt(hex.substring(i, i + 2), 16)));
    }
    return String.join(".", parts);
  }
}
