package dev.ringfence.e2e.images;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The two images that the project is installed from. */
enum Program {
  /** The operator; its command line is in it too. */
  OPERATOR(
      "ringfence-operator.jar",
      "65532:65532",
      List.of("operator"),
      // One arena of the C heap for all threads, which wait for the network and not for memory.
      Map.of("LANG", "C.UTF-8", "MALLOC_ARENA_MAX", "1"),
      List.of(
          "-XX:+UseSerialGC",
          "-XX:+UseCompactObjectHeaders",
          "-XX:TieredStopAtLevel=1",
          // What runs seldom stays interpreted: 6 MB of compiled code less, and no slower a start.
          "-XX:CompileThresholdScaling=3",
          // The start is collected eight times, not twenty-four as with 16m. The young generation
          // keeps a fifth of this, resident; one full collection shrinks the rest.
          "-XX:InitialHeapSize=64m",
          "-XX:MinHeapSize=16m",
          // Of the chart's 512Mi 169 for the heap, of which 1,000 workloads leave 115 after a
          // collection; what is not heap takes 130.
          "-XX:MaxRAMPercentage=33",
          "-XX:NewRatio=4",
          // A full collection gives back what the rehearsal took; the C heap is trimmed, too.
          "-XX:MinHeapFreeRatio=10",
          "-XX:MaxHeapFreeRatio=20",
          "-XX:TrimNativeHeapInterval=10000",
          "-XX:+ExitOnOutOfMemoryError")),
  /** Proxy, fetcher and verifier. */
  GUARD(
      "ringfence-guard.jar",
      "2000:2000",
      List.of(),
      Map.of("LANG", "C.UTF-8"),
      List.of(
          "-XX:+UseSerialGC",
          "-XX:+UseCompactObjectHeaders",
          "-Xmx64m",
          "-XX:+ExitOnOutOfMemoryError",
          "-XX:MaxDirectMemorySize=16m",
          "-XX:ReservedCodeCacheSize=32m"));

  final String jar;
  final String user;
  final List<String> command;
  final Map<String, String> environment;
  private final List<String> options;

  Program(
      String jar,
      String user,
      List<String> command,
      Map<String, String> environment,
      List<String> options) {
    this.jar = jar;
    this.user = user;
    this.command = command;
    this.environment = environment;
    this.options = options;
  }

  String folder() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * The virtual machine's options in the image and while its cache is made; the two have to agree.
   */
  List<String> options() {
    var all = new ArrayList<>(options);
    // Nothing but the program's own words on its streams.
    all.addAll(List.of("-Xlog:disable", "-Xlog:all=off:stderr"));
    return List.copyOf(all);
  }
}
