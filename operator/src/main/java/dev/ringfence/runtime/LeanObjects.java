package dev.ringfence.runtime;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import com.fasterxml.jackson.databind.deser.std.StdScalarDeserializer;
import com.fasterxml.jackson.databind.deser.std.StringDeserializer;
import com.fasterxml.jackson.databind.module.SimpleModule;
import io.fabric8.kubernetes.api.model.ManagedFieldsEntry;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodList;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.apps.DeploymentList;
import io.fabric8.kubernetes.api.model.apps.ReplicaSetSpec;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * How the operator reads objects: without what it never asks for. All of it stays in the caches of
 * the informers for as long as the object lives, and together it is nine tenths of them: the list
 * of fields that each manager owns, what stands in the pods and ReplicaSets of a Deployment as it
 * does in the Deployment, and the same text again and again ({@code ./ringfence footprint}).
 */
final class LeanObjects {
  private LeanObjects() {}

  static KubernetesSerialization serialization() {
    ObjectMapper mapper = new ObjectMapper();
    mapper.addMixIn(ManagedFieldsEntry.class, WithoutFields.class);
    mapper.addMixIn(ReplicaSetSpec.class, WithoutTemplate.class);
    mapper.addMixIn(Pod.class, WithPlace.class);
    mapper.registerModule(new SimpleModule().addDeserializer(String.class, new SharedText()));
    return new KubernetesSerialization(mapper, true);
  }

  /**
   * How to read the largest kinds, which the mapper finds out once, from their annotations: a tenth
   * of a second, beside what the caller waits for. Returns at once.
   */
  static void learn(KubernetesSerialization serialization) {
    Thread.ofPlatform()
        .daemon()
        .name("first-read")
        .start(
            () -> {
              serialization.unmarshal("{\"kind\":\"PodList\"}", PodList.class);
              serialization.unmarshal("{\"kind\":\"DeploymentList\"}", DeploymentList.class);
            });
  }

  @JsonIgnoreProperties("fieldsV1")
  private interface WithoutFields {}

  @JsonIgnoreProperties("template")
  private interface WithoutTemplate {}

  @SuppressWarnings("UnusedMethod") // Jackson reads its annotation.
  private interface WithPlace {
    @JsonDeserialize(using = Place.class)
    PodSpec getSpec();
  }

  /** Of a pod's specification, where it runs. Nobody writes pods. */
  private static final class Place extends JsonDeserializer<PodSpec> {
    @Override
    public PodSpec deserialize(JsonParser parser, DeserializationContext context)
        throws IOException {
      PodSpec place = new PodSpec();
      place.setNodeName(context.readTree(parser).path("nodeName").textValue());
      return place;
    }
  }

  /**
   * One String for equal texts that were read lately. Two threads that meet at a slot lose nothing
   * but the sharing.
   */
  private static final class SharedText extends StdScalarDeserializer<String> {
    private static final int SLOTS = 1 << 14;
    private static final int LONGEST = 256;

    @SuppressWarnings("serial") // Never serialized.
    private final @Nullable String[] lately = new @Nullable String[SLOTS];

    SharedText() {
      super(String.class);
    }

    @Override
    public @Nullable String deserialize(JsonParser parser, DeserializationContext context)
        throws IOException {
      String text = StringDeserializer.instance.deserialize(parser, context);
      if (text == null || text.length() > LONGEST) {
        return text;
      }
      int slot = (text.hashCode() ^ (text.hashCode() >>> 14)) & (SLOTS - 1);
      String before = lately[slot];
      if (text.equals(before)) {
        return before;
      }
      lately[slot] = text;
      return text;
    }
  }
}
