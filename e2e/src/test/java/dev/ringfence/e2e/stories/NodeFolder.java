package dev.ringfence.e2e.stories;

import dev.ringfence.e2e.cluster.TestCluster;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A folder of a node's disk that is offered as a PersistentVolume: what stands in for a storage
 * class, which these clusters have not.
 *
 * @param name the volume's
 */
public record NodeFolder(TestCluster cluster, String node, String path, String name) {
  /** A command line holds 128 KiB. */
  private static final int PIECE = 90_000;

  /** An empty one on some node, which the root group may write to, as a driver's would be. */
  public static NodeFolder on(TestCluster cluster, String name) {
    List<String> nodes = cluster.workers();
    NodeFolder folder =
        new NodeFolder(
            cluster,
            nodes.get(Math.floorMod(name.hashCode(), nodes.size())),
            "/var/lib/stand-in-volumes/" + name,
            name);
    folder.sh("mkdir -p $1 && chmod 2770 $1");
    return folder;
  }

  /** Writes files, by their name. */
  public NodeFolder with(Map<String, byte[]> files) {
    files.forEach(this::put);
    return this;
  }

  private void put(String file, byte[] bytes) {
    String base64 = Base64.getEncoder().encodeToString(bytes);
    sh(": > $1/$2.b64", file);
    for (int i = 0; i < base64.length(); i += PIECE) {
      sh(
          "printf %s $3 >> $1/$2.b64",
          file, base64.substring(i, Math.min(base64.length(), i + PIECE)));
    }
    sh("base64 -d $1/$2.b64 > $1/$2 && rm $1/$2.b64", file);
  }

  /**
   * Runs a script on the node, as root.
   *
   * @param arguments from {@code $2} on; {@code $1} is the folder
   * @return what it printed
   */
  public String sh(String script, String... arguments) {
    return cluster.onNode(
        node,
        Stream.concat(Stream.of("sh", "-c", script, "folder", path), Stream.of(arguments))
            .toArray(String[]::new));
  }

  /** The volume, kept for one claim. */
  public String volume(String namespace, String claim, String accessMode) {
    return """
    apiVersion: v1
    kind: PersistentVolume
    metadata: {name: %s}
    spec:
      capacity: {storage: 1Gi}
      accessModes: [%s]
      storageClassName: static
      claimRef: {name: %s, namespace: %s}
      local: {path: %s}
      nodeAffinity:
        required:
          nodeSelectorTerms:
          - matchExpressions: [{key: kubernetes.io/hostname, operator: In, values: [%s]}]
    ---
    """
        .formatted(name, accessMode, claim, namespace, path, node);
  }

  /** The claim of somebody who filled it. */
  public static String filledClaim(String namespace, String claim) {
    return """
    apiVersion: v1
    kind: PersistentVolumeClaim
    metadata: {name: %s, namespace: %s}
    spec:
      accessModes: [ReadOnlyMany]
      storageClassName: static
      resources: {requests: {storage: 1Gi}}
    ---
    """
        .formatted(claim, namespace);
  }
}
