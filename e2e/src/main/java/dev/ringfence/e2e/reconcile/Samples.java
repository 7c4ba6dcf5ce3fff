package dev.ringfence.e2e.reconcile;

import dev.ringfence.resources.RawModel;
import dev.ringfence.resources.RawPolicy;
import dev.ringfence.resources.RawWorkload;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;

/**
 * Objects to begin with: a policy, models of each kind of source, and workloads of any number of
 * tenants.
 */
public final class Samples {
  /** The engine image of {@link #policy()}. */
  public static final String IMAGE = "registry.example/vllm@sha256:" + "a".repeat(64);

  /** Another that gets ready. */
  public static final String OTHER_IMAGE = "registry.example/vllm@sha256:" + "b".repeat(64);

  /** One whose engines never get ready on simulated nodes. */
  public static final String BAD_IMAGE =
      "registry.example/simulate-never-ready/vllm@sha256:" + "c".repeat(64);

  public static final String GUARD_IMAGE =
      "registry.example/ringfence/guard@sha256:" + "d".repeat(64);

  private static final KubernetesSerialization YAML = new KubernetesSerialization();

  private Samples() {}

  public static <T> T read(String yaml, Class<T> type) {
    return YAML.unmarshal(yaml, type);
  }

  /** A policy with the strict values whose default image is {@link #IMAGE}. */
  public static RawPolicy policy() {
    return policy(IMAGE, OTHER_IMAGE, BAD_IMAGE);
  }

  /** A policy that lists images; the first is the default. */
  public static RawPolicy policy(String... images) {
    StringBuilder list = new StringBuilder();
    for (String image : images) {
      list.append("    - {image: \"").append(image).append("\", version: 0.33.0}\n");
    }
    return read(
        """
        apiVersion: ringfence.dev/v1alpha1
        kind: VLLMPolicy
        metadata: {name: default}
        spec:
          engine:
            images:
        """
            + list,
        RawPolicy.class);
  }

  private static RawModel model(String name, String source) {
    return read(
        """
        apiVersion: ringfence.dev/v1alpha1
        kind: TrustedModel
        metadata: {name: "%s"}
        spec:
          source: %s
          format: safetensors
          architectures: [MistralForCausalLM]
          quantization: {method: none}
          files:
          - {path: config.json, size: 601, sha256: "%s"}
          - {path: model.safetensors, size: 4949453792, sha256: "%s"}
          - {path: tokenizer.json, size: 1961548, sha256: "%s"}
        """
            .formatted(name, source, "1".repeat(64), "2".repeat(64), "3".repeat(64)),
        RawModel.class);
  }

  /** A model that the fetch Job brings. */
  public static RawModel hubModel(String name) {
    return model(
        name,
        "{huggingFace: {repository: mistralai/Mistral-7B-Instruct-v0.3, revision: "
            + "e".repeat(40)
            + "}}");
  }

  /** A model in an OCI image. */
  public static RawModel imageModel(String name) {
    return model(
        name, "{image: {reference: \"registry.example/models/x@sha256:" + "f".repeat(64) + "\"}}");
  }

  /**
   * A workload of that model with one engine for each tenant; each tenant's Secret has its own
   * name.
   */
  public static RawWorkload workload(
      String namespace, String name, String model, String... tenants) {
    StringBuilder list = new StringBuilder();
    for (String tenant : tenants) {
      list.append(
          "  - {name: %s, apiKeySecretRef: {name: %s-%s-keys}}\n".formatted(tenant, name, tenant));
    }
    return read(
        """
        apiVersion: ringfence.dev/v1alpha1
        kind: VLLMDeployment
        metadata: {name: "%s", namespace: "%s"}
        spec:
          model: {ref: "%s"}
          resources: {cpu: "1", memory: 12Gi}
          tenants:
        """
                .formatted(name, namespace, model)
            + list,
        RawWorkload.class);
  }
}
