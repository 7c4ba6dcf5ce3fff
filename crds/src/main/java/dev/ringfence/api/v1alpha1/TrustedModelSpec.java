package dev.ringfence.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonClassDescription;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The model. Other bytes are another model: source, format, architectures, quantization and files
 * never change.
 */
@JsonClassDescription(
    "The model. source, format, architectures, quantization and files never change: other bytes are"
        + " another model, under another name.")
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@ValidationRule(
    value = "has(self.source)",
    reason = Cel.REQUIRED,
    fieldPath = ".source",
    message = RuleText.SOURCE_ONE)
@ValidationRule(
    value = "has(self.format)",
    reason = Cel.REQUIRED,
    fieldPath = ".format",
    message = RuleText.MODEL_FORMAT)
@ValidationRule(
    value = "has(self.architectures)",
    reason = Cel.REQUIRED,
    fieldPath = ".architectures",
    message = RuleText.ARCHITECTURES_REQUIRED)
@ValidationRule(
    value = "has(self.quantization)",
    reason = Cel.REQUIRED,
    fieldPath = ".quantization.method",
    message = RuleText.QUANTIZATION_REQUIRED)
@ValidationRule(
    value = "has(self.files)",
    reason = Cel.REQUIRED,
    fieldPath = ".files",
    message = RuleText.CONFIG_JSON_REQUIRED)
@ValidationRule(
    value = Cel.SMOKE_TEST,
    reason = Cel.REQUIRED,
    fieldPath = ".smokeTest",
    message = RuleText.SMOKE_TEST_REQUIRED)
@ValidationRule(
    value = "!has(oldSelf.revoked) || has(self.revoked)",
    reason = Cel.FORBIDDEN,
    fieldPath = ".revoked",
    message = RuleText.REVOKED_ONE_WAY)
public record TrustedModelSpec(
    @JsonPropertyDescription(
            "Where the files come from: exactly one of huggingFace, image, volumeClaim. Required.")
        @ValidationRule(value = "self == oldSelf", message = RuleText.MODEL_IMMUTABLE)
        @Nullable Source source,
    @JsonPropertyDescription(
            "Only safetensors: other formats can run code while loading (VLLM-403). Required.")
        @Size(max = 63)
        @ValidationRule(value = "self == 'safetensors'", message = RuleText.MODEL_FORMAT)
        @Nullable String format,
    @JsonPropertyDescription(
            "The class names of config.json, for example MistralForCausalLM, 1 to 16. Required.")
        @Size(max = Bounds.ARCHITECTURES)
        @ListSet
        @ItemRule(value = Cel.ARCHITECTURE, message = RuleText.ARCHITECTURE)
        @ValidationRule(
            value = "size(self) > 0",
            reason = Cel.REQUIRED,
            message = RuleText.ARCHITECTURES_REQUIRED)
        @ValidationRule(value = "self == oldSelf", message = RuleText.MODEL_IMMUTABLE)
        @Nullable List<@Size(max = 256) String> architectures,
    @JsonPropertyDescription("How the weights are quantized (VLLM-602, VLLM-604). Required.")
        @ValidationRule(value = "self == oldSelf", message = RuleText.MODEL_IMMUTABLE)
        @Nullable Quantization quantization,
    @JsonPropertyDescription(
            "Every file with its digest, 1 to 512; any other file is refused (VLLM-405). config.json and a"
                + " .safetensors file must be there. Required.")
        @Size(max = Bounds.FILES)
        @ListMap("path")
        @ValidationRule(value = Cel.FILES_COMPLETE, message = RuleText.CONFIG_JSON_REQUIRED)
        @ValidationRule(value = "self == oldSelf", message = RuleText.FILES_IMMUTABLE)
        @Nullable List<File> files,
    @JsonPropertyDescription(
            "What the model must answer before it serves, at most 16 (VLLM-603). Required when quantized.")
        @Size(max = Bounds.SMOKE_TESTS)
        @Nullable List<SmokeTest> smokeTest,
    @JsonPropertyDescription("The namespaces whose workloads may use it (VLLM-401). Default: all.")
        @Nullable NamespaceMatch allowedNamespaces,
    @JsonPropertyDescription(
            "Its presence stops every engine of this source or of the same weights, at once and for good"
                + " (VLLM-408); it cannot be removed.")
        @Nullable Revoked revoked) {

  /** Where the files come from. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  @ValidationRule(
      value = "[has(self.huggingFace), has(self.image), has(self.volumeClaim)].exists_one(x, x)",
      message = RuleText.SOURCE_ONE)
  public record Source(
      @JsonPropertyDescription("A repository of Hugging Face or of a hub that speaks its protocol.")
          @Nullable HuggingFace huggingFace,
      @JsonPropertyDescription("An OCI image that is mounted as a volume.") @Nullable Image image,
      @JsonPropertyDescription(
              "A PersistentVolumeClaim in the workload's namespace that somebody has filled.")
          @Nullable VolumeClaim volumeClaim) {}

  /** A repository of a hub. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  @ValidationRule(
      value = "has(self.repository)",
      reason = Cel.REQUIRED,
      fieldPath = ".repository",
      message = RuleText.SOURCE_REPOSITORY)
  @ValidationRule(
      value = "has(self.revision)",
      reason = Cel.REQUIRED,
      fieldPath = ".revision",
      message = RuleText.SOURCE_REVISION)
  @ValidationRule(
      value = Cel.PLAIN_ENDPOINT,
      fieldPath = ".endpoint",
      message = RuleText.SOURCE_ENDPOINT)
  public record HuggingFace(
      @JsonPropertyDescription("OWNER/NAME as the hub writes it. Required.")
          @Size(max = 256)
          @ValidationRule(value = Cel.REPOSITORY, message = RuleText.SOURCE_REPOSITORY)
          @Nullable String repository,
      @JsonPropertyDescription(
              "The full commit, 40 hexadecimal digits; a branch or tag can move (VLLM-404). Required.")
          @Size(max = 256)
          @ValidationRule(value = Cel.COMMIT, message = RuleText.SOURCE_REVISION)
          @Nullable String revision,
      @JsonPropertyDescription("Another hub than Hugging Face's: https://host[:port][/path].")
          @Size(max = 512)
          @Nullable String endpoint,
      @JsonPropertyDescription(
              "Token: the workload's token may go to this endpoint. None: it never does. Default None where"
                  + " endpoint is set, else Token.")
          @Nullable Auth auth,
      @JsonPropertyDescription("true: a workload needs a tokenSecretRef. Default false.")
          @Nullable Boolean gated) {

    /** Whether a token may go to an endpoint. */
    public enum Auth {
      None,
      Token
    }
  }

  /** An OCI image. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  @ValidationRule(
      value = "has(self.reference)",
      reason = Cel.REQUIRED,
      fieldPath = ".reference",
      message = RuleText.SOURCE_IMAGE)
  public record Image(
      @JsonPropertyDescription("The image by digest. Required.")
          @Size(max = Bounds.IMAGE_LENGTH)
          @ValidationRule(value = Cel.IMAGE, message = RuleText.SOURCE_IMAGE)
          @Nullable String reference) {}

  /** A filled volume. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  @ValidationRule(
      value = "has(self.claimName)",
      reason = Cel.REQUIRED,
      fieldPath = ".claimName",
      message = RuleText.SOURCE_CLAIM)
  public record VolumeClaim(
      @JsonPropertyDescription("The claim's name. Required.")
          @Size(max = Bounds.NAME)
          @ValidationRule(value = Cel.OBJECT_NAME, message = RuleText.SOURCE_CLAIM)
          @Nullable String claimName,
      @JsonPropertyDescription("The folder in it. Default: the volume's root.")
          @Size(max = Bounds.FILE_PATH)
          @ValidationRule(value = Cel.FOLDER, message = RuleText.SOURCE_PATH)
          @Nullable String path) {}

  /** How the weights are quantized. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  @ValidationRule(
      value =
          "!has(self.method) || self.method != 'none' || (!has(self.bits) && !has(self.groupSize))",
      message = RuleText.QUANTIZATION_NONE)
  @ValidationRule(
      value = "has(self.method)",
      reason = Cel.REQUIRED,
      fieldPath = ".method",
      message = RuleText.QUANTIZATION_REQUIRED)
  public record Quantization(
      @JsonPropertyDescription(
              "none, or the method as vLLM spells it: awq, gptq, fp8, compressed-tensors, ... Required.")
          @Size(min = 1, max = 63)
          @Pattern(Patterns.VLLM_NAME)
          @Nullable String method,
      @JsonPropertyDescription("Bits of a weight, 1 to 16, where the method has them.")
          @ValidationRule(value = "self >= 1 && self <= 16", message = RuleText.BITS)
          @Nullable Integer bits,
      @JsonPropertyDescription(
              "Weights that share a scale, or -1 for a whole channel, where the method has it.")
          @ValidationRule(
              value = "self >= -1 && self <= 65536 && self != 0",
              message = RuleText.GROUP_SIZE)
          @Nullable Integer groupSize) {}

  /** A file of the model. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  @ValidationRule(
      value = "has(self.size)",
      reason = Cel.REQUIRED,
      fieldPath = ".size",
      message = RuleText.FILE_FIELD_REQUIRED)
  @ValidationRule(
      value = "has(self.sha256)",
      reason = Cel.REQUIRED,
      fieldPath = ".sha256",
      message = RuleText.FILE_FIELD_REQUIRED)
  @ValidationRule(value = Cel.FILE_SIZE, fieldPath = ".size", message = RuleText.FILE_SIZE)
  public record File(
      @JsonPropertyDescription("Its path in the model's folder.")
          @Required
          @Size(max = Bounds.FILE_PATH)
          @ValidationRule(value = Cel.FILE, message = RuleText.FILE_PATH)
          String path,
      @JsonPropertyDescription("Its size in bytes; 0 only for .txt and .md.")
          @ValidationRule(
              value = "self >= 0 && self <= 9007199254740992",
              message = RuleText.FILE_SIZE)
          @Nullable Long size,
      @JsonPropertyDescription("Its sha256, 64 hexadecimal digits in lower case.")
          @Size(max = 128)
          @ValidationRule(value = Cel.SHA256, message = RuleText.FILE_SHA256)
          @Nullable String sha256) {}

  /** What the model must answer. */
  @ValidationRule(
      value = "has(self.prompt)",
      reason = Cel.REQUIRED,
      fieldPath = ".prompt",
      message = RuleText.SMOKE_TEST_FIELD_REQUIRED)
  @ValidationRule(
      value = "has(self.expect)",
      reason = Cel.REQUIRED,
      fieldPath = ".expect",
      message = RuleText.SMOKE_TEST_FIELD_REQUIRED)
  @ValidationRule(
      value = "has(self.maxTokens)",
      reason = Cel.REQUIRED,
      fieldPath = ".maxTokens",
      message = RuleText.SMOKE_TEST_FIELD_REQUIRED)
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public record SmokeTest(
      @JsonPropertyDescription("What is asked.") @Size(min = 1, max = 8192) @Nullable String prompt,
      @JsonPropertyDescription(
              "A regular expression (RE2) that the answer must hold; not one that matches the empty text.")
          @Size(min = 1, max = 512)
          @Nullable String expect,
      @JsonPropertyDescription("Tokens of the answer, 1 to 256.")
          @ValidationRule(value = "self >= 1 && self <= 256", message = RuleText.SMOKE_TEST_TOKENS)
          @Nullable Integer maxTokens) {}

  /** Why and since when the model must not run. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public record Revoked(
      @JsonPropertyDescription("Why; shown to every workload that it stops.")
          @Size(min = 1, max = Bounds.REASON)
          @Nullable String reason,
      @JsonPropertyDescription(
              "Since when it is known to be bad. For people: a time to come revokes as well.")
          @DateTime
          @Size(max = 64)
          @Nullable String since) {}
}
