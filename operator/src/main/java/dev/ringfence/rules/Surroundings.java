package dev.ringfence.rules;

import dev.ringfence.vllm.Knowledge;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Everything beside the object that a judgement depends on. */
public record Surroundings(
    PolicyState policy,
    Catalogue catalogue,
    NamespaceFacts namespace,
    Neighbours neighbours,
    Optional<Before> before,
    Knowledge knowledge,
    Instant now) {

  /** What runs already: the volume that was made, and the model on it. */
  public record Before(Optional<Workload.Storage> storage, TrustedModel model) {}

  /** The cluster's policy. */
  public sealed interface PolicyState {
    record Missing() implements PolicyState {}

    /** Counts as none. */
    record Invalid() implements PolicyState {}

    record Valid(Policy policy) implements PolicyState {}
  }

  /** The TrustedModels by name; a name whose object is not valid maps to empty. */
  public record Catalogue(Map<String, Optional<TrustedModel>> models) {
    public static final Catalogue EMPTY = new Catalogue(Map.of());
  }

  /** The workload's namespace. */
  public sealed interface NamespaceFacts {
    /** Without a cluster: what needs the namespace is not checked, and a warning says so. */
    record Unknown() implements NamespaceFacts {}

    record Known(Map<String, String> labels) implements NamespaceFacts {}
  }

  /**
   * The other workloads of the namespace that count before this one.
   *
   * @param workloads how many there are
   * @param secrets what they use Secrets for
   */
  public record Neighbours(int workloads, List<SecretUse> secrets) {
    public static final Neighbours NONE = new Neighbours(0, List.of());
  }

  /** What a Secret is used for; the tenant's name is empty for a hub token. */
  public record SecretUse(String secret, Role role, String tenant) {
    /** The roles that a Secret can have. */
    public enum Role {
      KEYS("API keys"),
      TLS("TLS"),
      TOKEN("the hub token");

      private final String text;

      Role(String text) {
        this.text = text;
      }

      String text() {
        return text;
      }
    }
  }

  /** Waivers that a verdict rests on. */
  public record WaiverInForce(Rule rule, Instant until) {}
}
