package dev.ringfence.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonClassDescription;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What was found and made. Output only: nothing is concluded from it.
 *
 * @param observedGeneration the generation that this was found of (kstatus)
 * @param conditions by type: Accepted, ModelVerified, SecretsResolved, NetworkIsolated, Available,
 *     Attested, Ready, Reconciling, Stalled
 * @param readyTenants for people, for example {@code 2/3}: tenants that are served, of all
 * @param violations at most 32
 * @param tenants in the order of the specification
 * @param effective what the defaults came to
 */
@JsonClassDescription(
    "What was found and made. The operator writes it and concludes nothing from it.")
@JsonPropertyOrder({
  "observedGeneration",
  "conditions",
  "readyTenants",
  "violations",
  "tenants",
  "effective"
})
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record VLLMDeploymentStatus(
    @JsonPropertyDescription(
            "The metadata.generation that this was found of; -1 before the operator has seen the object.")
        @Min(-1)
        @Nullable Long observedGeneration,
    @JsonPropertyDescription(
            "Accepted, ModelVerified, SecretsResolved, NetworkIsolated, Available, Attested, Ready, and"
                + " while they hold Reconciling and Stalled.")
        @Size(max = Bounds.CONDITIONS)
        @ListMap("type")
        List<Condition> conditions,
    @JsonPropertyDescription("Tenants that are served, of all; for example 2/3.") @Size(max = 16)
        @Nullable String readyTenants,
    @JsonPropertyDescription(
            "What keeps the specification from being accepted, at most 32, sorted by path.")
        @Size(max = Bounds.VIOLATIONS)
        List<StatusViolation> violations,
    @JsonPropertyDescription("Each tenant's engines.") @Size(max = Bounds.TENANTS) @ListMap("name")
        List<Tenant> tenants,
    @JsonPropertyDescription("What the defaults came to.") @Nullable Effective effective) {

  public VLLMDeploymentStatus {
    conditions = Lists.copyOf(conditions);
    violations = Lists.copyOf(violations);
    tenants = Lists.copyOf(tenants);
  }

  /**
   * One tenant's engines.
   *
   * @param url where clients reach the guard inside the cluster
   * @param keys empty as long as no guard has said
   * @param attested whether every running engine reports the settings that were asked of it
   * @param reachableFrom who may connect, in words
   * @param message what is missing or wrong, with the way out
   */
  @JsonPropertyOrder({
    "name",
    "url",
    "replicas",
    "readyReplicas",
    "keys",
    "attested",
    "reachableFrom",
    "message"
  })
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public record Tenant(
      @JsonPropertyDescription("The tenant.") @Required @Size(max = 63) String name,
      @JsonPropertyDescription("Where clients reach it inside the cluster.") @Size(max = 1024)
          @Nullable String url,
      @JsonPropertyDescription("Engines that are wanted.") @Min(0) @Max(1000) int replicas,
      @JsonPropertyDescription("Engines that serve.") @Min(0) @Max(1000) int readyReplicas,
      @JsonPropertyDescription("The API keys in force.") @Nullable Keys keys,
      @JsonPropertyDescription(
              "Whether every running engine reports the settings that were asked of it.")
          @Nullable Boolean attested,
      @JsonPropertyDescription("Who may connect.") @Size(max = 1024) @Nullable String reachableFrom,
      @JsonPropertyDescription("What is missing or wrong, and the way out.") @Size(max = 4096)
          @Nullable String message) {}

  /**
   * The keys that a guard has loaded.
   *
   * @param ids how many key ids there are
   * @param generation the first digits of a digest over ids and keys; none while guards differ
   */
  @JsonPropertyOrder({"ids", "generation"})
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public record Keys(
      @JsonPropertyDescription("How many key ids there are.") @Min(0) @Max(1000) int ids,
      @JsonPropertyDescription("Changes whenever the keys do.") @Size(max = 64)
          @Nullable String generation) {}

  /**
   * What the defaults came to.
   *
   * @param engineImage normal form with digest
   * @param engineVersion of vLLM
   * @param modelRevision commit or digest of the model
   * @param arguments vLLM's command line
   * @param policyGeneration of the VLLMPolicy that it was judged by
   */
  @JsonPropertyOrder({
    "engineImage",
    "engineVersion",
    "modelRevision",
    "arguments",
    "policyGeneration"
  })
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public record Effective(
      @JsonPropertyDescription("The engine's image.") @Size(max = Bounds.IMAGE_LENGTH)
          @Nullable String engineImage,
      @JsonPropertyDescription("The version of vLLM.") @Size(max = 63)
          @Nullable String engineVersion,
      @JsonPropertyDescription("The commit or digest of the model.") @Size(max = 128)
          @Nullable String modelRevision,
      @JsonPropertyDescription("vLLM's command line.") @Size(max = 256)
          List<@Size(max = 4096) String> arguments,
      @JsonPropertyDescription("The generation of the VLLMPolicy that it was judged by.") @Min(0)
          @Nullable Long policyGeneration) {

    public Effective {
      arguments = Lists.copyOf(arguments);
    }
  }
}
