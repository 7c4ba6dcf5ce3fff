package dev.ringfence.admission;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ringfence.rules.Surroundings.Catalogue;
import dev.ringfence.rules.Surroundings.NamespaceFacts;
import dev.ringfence.vllm.Knowledge;
import java.util.List;
import java.util.Optional;

/**
 * What a judgement needs of the cluster beside the object itself. Reads never block and never fail:
 * they answer from what was last seen. {@link #anew} alone may block.
 */
public interface Facts {
  /** The VLLMPolicy called {@code default}, as it was written; empty when there is none. */
  Optional<JsonNode> policy();

  /**
   * What is known of vLLM.
   *
   * @param tables the ConfigMap in the operator's namespace with tables of newer versions; empty
   *     for those of this release only, as is one that is not there
   */
  Knowledge knowledge(Optional<String> tables);

  /** The catalogue, read with that knowledge. */
  Catalogue catalogue(Knowledge knowledge);

  NamespaceFacts namespace(String name);

  /** The workloads of a namespace as they were written, in any order. */
  List<JsonNode> workloads(String namespace);

  /** All workloads as they were written, in any order. */
  List<JsonNode> workloads();

  /**
   * The same, but for what a workload is judged by, read from the cluster now: a refusal must not
   * rest on what was so a moment ago, as when one file brings policy, model and workload. Takes a
   * second at most; what cannot be read is as it was last seen.
   *
   * @param namespace of the workload
   * @param model that it names; empty when it names none
   */
  default Facts anew(String namespace, String model) {
    return this;
  }
}
