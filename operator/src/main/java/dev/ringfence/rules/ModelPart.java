package dev.ringfence.rules;

import static dev.ringfence.rules.Rule.VLLM_102;
import static dev.ringfence.rules.Rule.VLLM_211;
import static dev.ringfence.rules.Rule.VLLM_401;
import static dev.ringfence.rules.Rule.VLLM_406;
import static dev.ringfence.rules.Rule.VLLM_408;

import dev.ringfence.api.v1alpha1.RuleText;
import dev.ringfence.rules.TrustedModel.ModelFile;
import dev.ringfence.rules.TrustedModel.Source;
import dev.ringfence.rules.Workload.AccessMode;
import dev.ringfence.rules.Workload.SecretEntry;
import dev.ringfence.rules.Workload.Storage;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * {@code spec.model}: which model of the catalogue, under which names, with which token, on which
 * volume.
 */
final class ModelPart {
  private static final long GIB = 1L << 30;

  private final Node node;
  private final Faults faults;
  private final List<String> warnings;
  private final Optional<TrustedModel> found;
  private final List<String> servedNames;
  private final Optional<SecretEntry> token;
  private final Optional<Storage> storage;

  ModelPart(
      Node node,
      String workload,
      String namespace,
      Optional<Map<String, String>> labels,
      Surroundings surroundings,
      List<String> warnings) {
    this.node = node;
    this.faults = node.faults();
    this.warnings = warnings;
    node.object(
        Set.of("ref", "servedNames", "tokenSecretRef", "storage"),
        VLLM_401,
        "an object with a ref");
    this.found = find(node.get("ref"), namespace, labels, surroundings.catalogue().models());
    this.servedNames = servedNames(node.get("servedNames"), workload);
    Optional<SecretEntry> entry = token(node.get("tokenSecretRef"));
    Optional<Storage> volume = storage(node.get("storage"), surroundings);
    boolean fetched = found.map(m -> m.source() instanceof Source.HuggingFace).orElse(false);
    this.token = fetched ? entry : Optional.empty();
    this.storage = fetched ? volume : Optional.empty();
    found.filter(m -> !fetched).ifPresent(m -> adviseUnused());
    if (found.isPresent()
        && found.get().source() instanceof Source.HuggingFace h
        && h.gated()
        && node.get("tokenSecretRef").unset()) {
      faults.required(
          node.get("tokenSecretRef").path(),
          VLLM_406,
          "must name a Secret with a hub token, this model is gated; set tokenSecretRef to {name: SECRET, key: ENTRY}");
    }
  }

  Optional<TrustedModel> found() {
    return found;
  }

  List<String> servedNames() {
    return servedNames;
  }

  Optional<SecretEntry> token() {
    return token;
  }

  Optional<Storage> storage() {
    return storage;
  }

  private Optional<TrustedModel> find(
      Node ref,
      String namespace,
      Optional<Map<String, String>> labels,
      Map<String, Optional<TrustedModel>> catalogue) {
    if (ref.unset()) {
      faults.required(ref.path(), RuleText.MODEL_REQUIRED);
      return Optional.empty();
    }
    Optional<String> name = ref.string(RuleText.MODEL_REF, Names.MODEL);
    if (name.isEmpty()) {
      return Optional.empty();
    }
    Optional<TrustedModel> entry = catalogue.get(name.get());
    if (entry == null) {
      faults.invalid(
          ref,
          VLLM_401,
          "must be in the catalogue, there is no TrustedModel of this name; use a name that kubectl get trustedmodels lists, or ask the platform team to add the model");
      return Optional.empty();
    }
    if (entry.isEmpty()) {
      faults.invalid(
          ref,
          VLLM_401,
          "must be a valid TrustedModel, this one breaks rules itself; ask the platform team to correct it");
      return Optional.empty();
    }
    TrustedModel model = entry.get();
    boolean allowed =
        model.allowedNamespaces().map(n -> n.contains(namespace, labels)).orElse(true);
    if (!allowed) {
      faults.invalid(
          ref,
          VLLM_401,
          "must be allowed in this namespace, the TrustedModel's allowedNamespaces do not name it; use another model, or ask the platform team");
    }
    revocation(model, catalogue.values())
        .ifPresent(
            reason ->
                faults.invalid(
                    ref,
                    VLLM_408,
                    "must not be revoked ("
                        + Shown.quote(reason)
                        + "); use another model, its engines stop"));
    return entry;
  }

  /** A model is revoked with every other of the same source or with a weight file in common. */
  private static Optional<String> revocation(
      TrustedModel model, Collection<Optional<TrustedModel>> catalogue) {
    Set<String> weights = weights(model);
    return catalogue.stream()
        .flatMap(Optional::stream)
        .filter(m -> m.revoked().isPresent())
        .filter(
            m ->
                m.name().equals(model.name())
                    || sameSource(m, model)
                    || weights(m).stream().anyMatch(weights::contains))
        .sorted((a, b) -> a.name().compareTo(b.name()))
        .flatMap(m -> m.revoked().stream())
        .findFirst();
  }

  private static boolean sameSource(TrustedModel a, TrustedModel b) {
    return switch (a.source()) {
      case Source.HuggingFace h ->
          b.source() instanceof Source.HuggingFace o
              && h.repository().equals(o.repository())
              && h.revision().equals(o.revision());
      case Source.Image i -> b.source() instanceof Source.Image o && digest(i).equals(digest(o));
      // A claim is a name in each namespace; which bytes it holds, the digests say.
      case Source.VolumeClaim v -> false;
    };
  }

  private static String digest(Source.Image image) {
    return image.reference().substring(image.reference().indexOf('@'));
  }

  private static Set<String> weights(TrustedModel model) {
    return model.files().stream()
        .filter(f -> f.path().endsWith(".safetensors"))
        .map(ModelFile::sha256)
        .collect(Collectors.toUnmodifiableSet());
  }

  private List<String> servedNames(Node list, String workload) {
    if (list.emptyList()) {
      faults.required(list.path(), RuleText.SERVED_NAMES_EMPTY);
    }
    Set<String> names =
        Shapes.strings(list, 16, VLLM_102, Names.SERVED, Faults.detailOf(RuleText.SERVED_NAME));
    return list.unset() ? List.of(workload) : List.copyOf(new LinkedHashSet<>(names));
  }

  private Optional<SecretEntry> token(Node ref) {
    if (ref.object(Set.of("name", "key"), VLLM_406, "an object with name and key").isEmpty()) {
      return Optional.empty();
    }
    Node name = ref.get("name");
    if (name.unset()) {
      faults.required(name.path(), RuleText.TOKEN_SECRET);
    }
    Optional<String> secret =
        name.unseen(RuleText.TOKEN_SECRET, Names.SUBDOMAIN.asMatchPredicate());
    Node key = ref.get("key");
    Optional<String> entry = key.unseen(RuleText.TOKEN_SECRET, Names.SECRET_KEY.asMatchPredicate());
    return secret.isPresent() && (entry.isPresent() || key.unset())
        ? Optional.of(new SecretEntry(secret.get(), entry.orElse("token")))
        : Optional.empty();
  }

  private Optional<Storage> storage(Node volume, Surroundings surroundings) {
    volume.object(
        Set.of("size", "storageClassName", "accessMode"), VLLM_211, "an object with a size");
    Node sizeNode = volume.get("size");
    Optional<Quantity> size = sizeNode.quantity(RuleText.STORAGE_SIZE);
    Node className = volume.get("storageClassName");
    Optional<String> storageClass =
        className.string(
            VLLM_211,
            s -> s.isEmpty() || Names.SUBDOMAIN.matcher(s).matches(),
            "must be the name of a StorageClass; correct it or remove it for the cluster's default");
    Optional<AccessMode> mode =
        volume
            .get("accessMode")
            .oneOf(
                VLLM_211,
                List.of("ReadWriteMany", "ReadWriteOnce"),
                "correct it or remove it for ReadWriteMany")
            .map(AccessMode::valueOf);
    if (found.isEmpty()) {
      return Optional.empty();
    }
    Optional<Surroundings.Before> before = surroundings.before();
    // While a model is being replaced, both are on the volume.
    long needed =
        found.get().size()
            + before
                .map(Surroundings.Before::model)
                .filter(m -> !m.files().equals(found.get().files()))
                .map(TrustedModel::size)
                .orElse(0L);
    Optional<Storage> made = before.flatMap(Surroundings.Before::storage);
    boolean fetched = found.get().source() instanceof Source.HuggingFace;
    if (size.isPresent() && fetched && size.get().bytes() < needed) {
      faults.invalid(
          sizeNode,
          VLLM_211,
          "must be at least the size of the model's files, "
              + needed
              + " bytes; raise it or remove it");
    }
    if (size.isPresent() && made.isPresent() && size.get().compareTo(made.get().size()) < 0) {
      faults.inconsistent(sizeNode.path(), RuleText.STORAGE_SHRINKS);
    }
    AccessMode accessMode = mode.orElse(AccessMode.ReadWriteMany);
    if (made.isPresent() && !made.get().accessMode().equals(accessMode)) {
      faults.inconsistent(volume.get("accessMode").path(), RuleText.STORAGE_IMMUTABLE);
    }
    if (made.isPresent() && !made.get().storageClassName().equals(storageClass)) {
      faults.inconsistent(className.path(), RuleText.STORAGE_IMMUTABLE);
    }
    long gibs = (needed + needed / 10 + GIB - 1) / GIB;
    Quantity derived = Quantity.ofBytes(gibs * GIB);
    Quantity kept = made.map(Storage::size).filter(s -> s.compareTo(derived) > 0).orElse(derived);
    return Optional.of(new Storage(size.orElse(kept), storageClass, accessMode));
  }

  private void adviseUnused() {
    if (!node.get("storage").unset()) {
      warnings.add("spec.model.storage is not used, this model is not fetched");
    }
    if (!node.get("tokenSecretRef").unset()) {
      warnings.add("spec.model.tokenSecretRef is not used, this model is not fetched");
    }
  }
}
