package dev.ringfence.e2e.network;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.ringfence.e2e.cluster.Binaries;
import dev.ringfence.e2e.cluster.Program;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** {@code cyclonus analyze}: says whether NetworkPolicies let traffic pass. */
final class Cyclonus {
  /**
   * One end of a connection.
   *
   * @param pod empty for an address outside the cluster's pods
   */
  record Peer(String name, String ip, Optional<Pod> pod) {
    static Peer pod(String name, String ip, String namespace, Map<String, String> labels) {
      return new Peer(name, ip, Optional.of(new Pod(namespace, labels)));
    }

    static Peer address(String name, String ip) {
      return new Peer(name, ip, Optional.empty());
    }
  }

  record Pod(String namespace, Map<String, String> labels) {}

  /** A connection that somebody tries. */
  record Traffic(Peer from, Peer to, int port, String protocol) {
    @Override
    public String toString() {
      return "%s -> %s:%d/%s".formatted(from.name(), to.name(), port, protocol);
    }
  }

  private static final Pattern VERDICT =
      Pattern.compile("(?m)^\\| +IS ALLOWED\\? +\\| +(TRUE|FALSE) +\\|");

  private Cyclonus() {}

  /** The verdicts, in the order of the traffic. */
  static List<Boolean> allowed(List<NetworkPolicy> policies, List<Traffic> traffic, Path folder)
      throws IOException {
    Path yaml = Files.createTempDirectory(folder, "policies-");
    int number = 0;
    for (NetworkPolicy policy : policies) {
      Files.writeString(yaml.resolve(number++ + ".yaml"), Serialization.asYaml(policy));
    }
    Path json = Files.createTempFile(folder, "traffic-", ".json");
    new ObjectMapper().writeValue(json.toFile(), traffic.stream().map(Cyclonus::json).toList());
    Path out = folder.resolve("verdicts.txt");
    Process p =
        new ProcessBuilder(
                program().toString(),
                "analyze",
                "--policy-path",
                yaml.toString(),
                "--mode",
                "query-traffic",
                "--traffic-path",
                json.toString())
            .redirectErrorStream(true)
            .redirectOutput(out.toFile())
            .start();
    String said;
    try {
      int code = p.waitFor();
      said = Files.readString(out, StandardCharsets.UTF_8);
      if (code != 0) {
        throw new IOException("cyclonus ended with " + code + ": " + said);
      }
    } catch (InterruptedException e) {
      p.destroy();
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
    List<Boolean> verdicts = new ArrayList<>();
    var matcher = VERDICT.matcher(said);
    while (matcher.find()) {
      verdicts.add(matcher.group(1).equals("TRUE"));
    }
    if (verdicts.size() != traffic.size()) {
      throw new IOException(
          "%d verdicts on %d connections".formatted(verdicts.size(), traffic.size()));
    }
    return verdicts;
  }

  private static Path program() {
    return Binaries.resolve(List.of(Program.CYCLONUS), System.getenv(), System.err::println)
        .of(Program.CYCLONUS);
  }

  private static Map<String, Object> json(Traffic t) {
    return Map.of(
        "Source", json(t.from()),
        "Destination", json(t.to()),
        "ResolvedPort", t.port(),
        "ResolvedPortName", "",
        "Protocol", t.protocol());
  }

  private static Map<String, Object> json(Peer peer) {
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("IP", peer.ip());
    peer.pod()
        .ifPresent(
            pod ->
                out.put(
                    "Internal",
                    Map.of(
                        "Namespace",
                        pod.namespace(),
                        "NamespaceLabels",
                        // Every API server puts this label on every namespace.
                        Map.of("kubernetes.io/metadata.name", pod.namespace()),
                        "PodLabels",
                        pod.labels())));
    return out;
  }
}
