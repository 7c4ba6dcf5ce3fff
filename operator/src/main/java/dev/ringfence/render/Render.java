package dev.ringfence.render;

import dev.ringfence.rules.TrustedModel.Source.HuggingFace;
import dev.ringfence.rules.Workload;
import dev.ringfence.vllm.Release;
import java.util.Optional;

/** An accepted workload's Kubernetes objects. The same inputs always give the same objects. */
public final class Render {
  private Render() {}

  /**
   * @throws IllegalArgumentException when the context's knowledge lacks the engine's version: such
   *     a workload is not accepted (rule 207)
   */
  public static Rendered render(Workload w, RenderContext context) {
    Release release =
        context
            .knowledge()
            .release(w.engine().version())
            .orElseThrow(
                () -> new IllegalArgumentException("no table of vLLM " + w.engine().version()));
    Metadata metadata = new Metadata(w.namespace(), context.owner());
    Optional<Rendered.Fetch> fetch =
        w.model().source() instanceof HuggingFace source
            ? w.storage().map(s -> new FetchObjects(w, source, s, context, metadata).objects())
            : Optional.empty();
    return new Rendered(
        fetch,
        w.tenants().stream()
            .map(t -> new ServingObjects(w, t, context, metadata, release).objects())
            .toList());
  }
}
