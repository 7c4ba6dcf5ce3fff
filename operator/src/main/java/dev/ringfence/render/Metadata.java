package dev.ringfence.render;

import dev.ringfence.render.RenderContext.Owner;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import java.util.Map;
import java.util.TreeMap;

/** Puts names, labels and the owner on objects. */
record Metadata(String namespace, Owner owner) {

  ObjectMeta of(String name, Map<String, String> labels) {
    ObjectMetaBuilder meta =
        new ObjectMetaBuilder().withName(name).withNamespace(namespace).withLabels(marked(labels));
    if (owner instanceof Owner.Cluster o) {
      meta.withOwnerReferences(
          new OwnerReferenceBuilder()
              .withApiVersion(o.apiVersion())
              .withKind(o.kind())
              .withName(o.name())
              .withUid(o.uid())
              .withController(true)
              .withBlockOwnerDeletion(true)
              .build());
    }
    return meta.build();
  }

  /** For a pod template. */
  ObjectMeta ofPod(Map<String, String> labels) {
    Map<String, String> all = marked(labels);
    all.putAll(Pods.STAY_OUT_LABELS);
    return new ObjectMetaBuilder()
        .withLabels(all)
        .withAnnotations(new TreeMap<>(Pods.STAY_OUT_ANNOTATIONS))
        .build();
  }

  private Map<String, String> marked(Map<String, String> labels) {
    Map<String, String> all = new TreeMap<>(labels);
    if (owner instanceof Owner.Offline) {
      all.put(Names.RENDERED, Names.OFFLINE);
    }
    return all;
  }
}
