package dev.ringfence.reconcile;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ringfence.reconcile.Trees.Difference;
import dev.ringfence.rules.ImageReference;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * What the API server makes of our own write. It fills in defaults and assigns addresses; other
 * people's webhooks may add what does no harm. Anything else is not what was accepted.
 */
final class Admission {
  private static final String POD = "(spec\\.template\\.)?spec\\.";
  private static final String CONTAINER = POD + "(initC|c)ontainers\\[\\d+]\\.";
  private static final String VOLUME = POD + "volumes\\[\\d+]\\.";

  /** Other programs' business: it changes neither what runs nor who reaches it. */
  private static final Pattern BENIGN =
      Pattern.compile(
          "(spec\\.template\\.)?metadata\\.(labels|annotations)\\b.*"
              + "|spec\\.template\\.metadata"
              + "|"
              + POD
              + "(imagePullSecrets|tolerations|topologySpreadConstraints|schedulingGates)\\b.*");

  /** What the API server assigns, whatever the value. */
  private static final Pattern ASSIGNED =
      Pattern.compile(
          "(secrets|imagePullSecrets)\\b.*" // of a ServiceAccount
              + "|spec\\.(clusterIPs?|ipFamilies|ipFamilyPolicy)\\b.*" // of a Service
              + "|spec\\.(storageClassName|volumeName|volumeMode)" // of a claim
              + "|spec\\.(selector|manualSelector)\\b.*" // of a Job; a Deployment's is ours and
              // cannot change
              + "|spec\\.replicas" // of a Deployment whose number is an autoscaler's
              + "|spec\\.template\\.metadata\\.creationTimestamp");

  /** Defaults of the API server, by where they stand. */
  private static final Map<Pattern, Set<String>> DEFAULTS =
      Map.ofEntries(
          entry(POD + "dnsPolicy", "ClusterFirst"),
          entry(POD + "restartPolicy", "Always"),
          entry(POD + "schedulerName", "default-scheduler"),
          entry(POD + "terminationGracePeriodSeconds", "30"),
          entry(POD + "enableServiceLinks", "true"),
          entry(CONTAINER + "imagePullPolicy", "IfNotPresent", "Always"),
          entry(CONTAINER + "terminationMessagePath", "/dev/termination-log"),
          entry(CONTAINER + "terminationMessagePolicy", "File"),
          entry(CONTAINER + "ports\\[\\d+]\\.protocol", "TCP"),
          entry(CONTAINER + "env\\[\\d+]\\.valueFrom\\.fieldRef\\.apiVersion", "v1"),
          entry(CONTAINER + "(startup|liveness|readiness)Probe\\.timeoutSeconds", "1"),
          entry(CONTAINER + "(startup|liveness|readiness)Probe\\.periodSeconds", "10"),
          entry(
              CONTAINER + "(startup|liveness|readiness)Probe\\.(success|failure)Threshold",
              "1",
              "3"),
          entry(CONTAINER + "(startup|liveness|readiness)Probe\\.httpGet\\.scheme", "HTTP"),
          entry(CONTAINER + "lifecycle\\.preStop\\.httpGet\\.scheme", "HTTP"),
          entry(VOLUME + "(secret|configMap|projected)\\.defaultMode", "420"),
          entry(VOLUME + "image\\.pullPolicy", "IfNotPresent", "Always"),
          entry("spec\\.progressDeadlineSeconds", "600"),
          entry("spec\\.revisionHistoryLimit", "10"),
          entry("spec\\.strategy\\.type", "RollingUpdate"),
          entry("spec\\.strategy\\.rollingUpdate\\.max(Surge|Unavailable)", "25%"),
          entry("spec\\.internalTrafficPolicy", "Cluster"),
          entry("spec\\.sessionAffinity", "None"),
          entry("spec\\.type", "ClusterIP"),
          entry("spec\\.((ingress|egress)\\[\\d+]\\.)?ports\\[\\d+]\\.protocol", "TCP"),
          entry("spec\\.backoffLimit", "6"),
          entry("spec\\.completionMode", "NonIndexed"),
          entry("spec\\.(completions|parallelism)", "1"),
          entry("spec\\.podReplacementPolicy", "TerminatingOrFailed"),
          entry("spec\\.suspend", "false"));

  private Admission() {}

  private static Map.Entry<Pattern, Set<String>> entry(String path, String... values) {
    return Map.entry(Pattern.compile(path), Set.of(values));
  }

  /**
   * The first thing in the answer that neither we wrote nor the API server fills in by itself nor
   * does no harm.
   *
   * @param sent what we wrote, see {@link Trees#wanted}
   * @param answered what came of it, likewise
   * @return where, with what stands there
   */
  static Optional<Difference> harm(JsonNode sent, JsonNode answered) {
    List<Predicate<Difference>> harmless =
        List.of(
            d -> BENIGN.matcher(d.path()).matches(),
            d -> absent(d.left()) && assigned(d),
            d -> d.path().endsWith("].image") && sameDigest(d.left(), d.right()),
            d -> d.path().contains(".resources.") && Trees.sameQuantity(d.left(), d.right()),
            d -> d.path().endsWith(".sizeLimit") && Trees.sameQuantity(d.left(), d.right()));
    return Trees.difference(sent, answered, d -> harmless.stream().noneMatch(h -> h.test(d)));
  }

  private static boolean absent(JsonNode node) {
    return node.isMissingNode() || node.isNull();
  }

  private static boolean assigned(Difference d) {
    if (ASSIGNED.matcher(d.path()).matches()) {
      return true;
    }
    if (d.path().matches(POD + "serviceAccount")) {
      return true; // the old name of serviceAccountName, a copy of it
    }
    if (d.right().isObject()) {
      // A missing object is compared as a whole: each of its fields must be a default.
      return d.right().properties().stream()
          .allMatch(
              f -> assigned(new Difference(d.path() + "." + f.getKey(), d.left(), f.getValue())));
    }
    return d.right().isValueNode()
        && DEFAULTS.entrySet().stream()
            .anyMatch(
                known ->
                    known.getKey().matcher(d.path()).matches()
                        && known.getValue().contains(d.right().asText()));
  }

  private static boolean sameDigest(JsonNode left, JsonNode right) {
    Optional<String> digest = ImageReference.parse(left.asText()).map(ImageReference::digest);
    return digest.isPresent()
        && digest.equals(ImageReference.parse(right.asText()).map(ImageReference::digest));
  }
}
