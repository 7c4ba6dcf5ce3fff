package dev.ringfence.resources;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import org.jspecify.annotations.Nullable;

/**
 * An object of ours as JSON. Typed classes would refuse a number that is too large for its Java
 * type, and one such object would stop the informer for all the others (seen on a real API server);
 * so what users write stays a tree until the rules have judged it.
 */
@JsonPropertyOrder({"apiVersion", "kind", "metadata", "spec", "status"})
@JsonIgnoreProperties(ignoreUnknown = true)
// Without it the client's own deserializer would make a generic resource of every kind that it has
// not been told of.
@JsonDeserialize(using = JsonDeserializer.None.class)
@JsonInclude(JsonInclude.Include.NON_NULL)
public abstract sealed class RawObject implements HasMetadata
    permits RawWorkload, RawPolicy, RawModel {
  @JsonProperty private String apiVersion = HasMetadata.getApiVersion(getClass());
  @JsonProperty private String kind = HasMetadata.getKind(getClass());
  @JsonProperty private ObjectMeta metadata = new ObjectMeta();
  @JsonProperty private @Nullable JsonNode spec;
  @JsonProperty private @Nullable JsonNode status;

  @Override
  public ObjectMeta getMetadata() {
    return metadata;
  }

  @Override
  public void setMetadata(ObjectMeta metadata) {
    this.metadata = metadata;
  }

  @Override
  public String getApiVersion() {
    return apiVersion;
  }

  @Override
  public void setApiVersion(String apiVersion) {
    this.apiVersion = apiVersion;
  }

  @Override
  public String getKind() {
    return kind;
  }

  /** The specification as it was written; missing when there is none. */
  @JsonIgnore
  public JsonNode spec() {
    return spec == null ? JsonNodeFactory.instance.missingNode() : spec;
  }

  /** The status as it stands on the server. Output only: nothing is concluded from it. */
  @JsonIgnore
  public JsonNode status() {
    return status == null ? JsonNodeFactory.instance.missingNode() : status;
  }

  public void putSpec(JsonNode spec) {
    this.spec = spec;
  }

  public void putStatus(JsonNode status) {
    this.status = status;
  }

  /** What the rules read: apiVersion, kind, specification, and of the metadata what users write. */
  public ObjectNode tree() {
    ObjectNode tree = JsonNodeFactory.instance.objectNode();
    tree.put("apiVersion", apiVersion);
    tree.put("kind", kind);
    ObjectNode meta = tree.putObject("metadata");
    meta.put("name", metadata.getName());
    if (metadata.getNamespace() != null) {
      meta.put("namespace", metadata.getNamespace());
    }
    if (metadata.getLabels() != null && !metadata.getLabels().isEmpty()) {
      ObjectNode labels = meta.putObject("labels");
      metadata.getLabels().forEach(labels::put);
    }
    if (metadata.getAnnotations() != null && !metadata.getAnnotations().isEmpty()) {
      ObjectNode annotations = meta.putObject("annotations");
      metadata.getAnnotations().forEach(annotations::put);
    }
    if (spec != null) {
      tree.set("spec", spec.deepCopy());
    }
    return tree;
  }
}
