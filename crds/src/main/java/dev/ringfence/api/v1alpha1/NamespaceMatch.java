package dev.ringfence.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Size;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Namespaces by name or by label; either suffices.
 *
 * @param names exact names
 * @param selector labels of the Namespace object
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record NamespaceMatch(
    @JsonPropertyDescription("Exact names of namespaces. An empty list means none.")
        @Size(max = Bounds.NAMESPACES)
        @ListSet
        @Nullable List<@Size(min = 1, max = 63) @Pattern(Patterns.NAMESPACE) String> names,
    @JsonPropertyDescription(
            "Namespaces by label. A namespace that names or selector match is meant.")
        @Nullable LabelSelector selector) {}
