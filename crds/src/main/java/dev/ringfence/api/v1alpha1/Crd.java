package dev.ringfence.api.v1alpha1;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** The CustomResourceDefinitions of this API, as they are installed. */
public enum Crd {
  VLLM_DEPLOYMENT("VLLMDeployment", "vllmdeployments"),
  TRUSTED_MODEL("TrustedModel", "trustedmodels"),
  VLLM_POLICY("VLLMPolicy", "vllmpolicies");

  public static final String GROUP = "ringfence.dev";
  public static final String VERSION = "v1alpha1";

  /** What a person types to have all of them served. */
  public static final String INSTALL = "kubectl apply --server-side -f deploy/helm/ringfence/crds/";

  private final String kind;
  private final String plural;

  Crd(String kind, String plural) {
    this.kind = kind;
    this.plural = plural;
  }

  public String kind() {
    return kind;
  }

  public String plural() {
    return plural;
  }

  /**
   * The name of the CustomResourceDefinition object, for example {@code
   * vllmdeployments.ringfence.dev}.
   */
  public String objectName() {
    return plural + "." + GROUP;
  }

  /** Where the YAML lies on the class path. */
  public String resource() {
    return "/dev/ringfence/crds/" + objectName() + ".yaml";
  }

  /** The CustomResourceDefinition as YAML, the same bytes as the committed file. */
  public String yaml() {
    try (InputStream in = Crd.class.getResourceAsStream(resource())) {
      if (in == null) {
        throw new IllegalStateException(resource() + " is not in the jar");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
