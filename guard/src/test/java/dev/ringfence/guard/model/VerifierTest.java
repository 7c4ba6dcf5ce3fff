package dev.ringfence.guard.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ringfence.guard.model.ModelFacts.ModelFile;
import dev.ringfence.guard.model.ModelFacts.Quantization;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class VerifierTest {
  private static final String CONFIG =
      "{\"architectures\":[\"LlamaForCausalLM\"],\"vocab_size\":256%s}";
  @TempDir private Path base;
  private Path folder = Path.of(".");

  /** Bytes of a safetensors file. */
  static byte[] tensors(String header, int data) {
    byte[] h = header.getBytes(StandardCharsets.UTF_8);
    ByteBuffer b = ByteBuffer.allocate(8 + h.length + data).order(ByteOrder.LITTLE_ENDIAN);
    b.putLong(h.length).put(h);
    return b.array();
  }

  private static final byte[] GOOD =
      tensors(
          "{\"__metadata__\":{\"format\":\"pt\"},\"w\":{\"dtype\":\"F16\",\"shape\":[2,3],\"data_offsets\":[0,12]}}",
          12);

  @BeforeEach
  void goodFolder() throws IOException {
    folder = Files.createDirectories(base.resolve("model"));
    put("config.json", CONFIG.formatted(""));
    put("tokenizer_config.json", "{\"model_max_length\":1000000000000000019884624838656}");
    Files.write(folder.resolve("model.safetensors"), GOOD);
  }

  private void put(String name, String text) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(java.util.Objects.requireNonNull(file.getParent()));
    Files.writeString(file, text);
  }

  /** What a TrustedModel says that lists the folder as it is. */
  private ModelFacts facts(Quantization quantization) throws IOException {
    List<ModelFile> files = new ArrayList<>();
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path p : all.filter(Files::isRegularFile).sorted().toList()) {
        byte[] b = Files.readAllBytes(p);
        files.add(
            new ModelFile(
                folder.relativize(p).toString(),
                b.length,
                HexFormat.of().formatHex(Verifier.sha256().digest(b))));
      }
    }
    return new ModelFacts(
        ModelFacts.Source.CLAIM, List.of("LlamaForCausalLM"), quantization, files);
  }

  private static Quantization none() {
    return new Quantization("none", OptionalInt.empty(), OptionalInt.empty());
  }

  private void verify(ModelFacts facts) throws IOException, ModelFault {
    new Verifier(facts, folder, new VerifiedRecord(), n -> {}).verify();
  }

  private void refused(ModelFacts facts, String file, int rule) {
    assertThatThrownBy(() -> verify(facts))
        .isInstanceOfSatisfying(
            ModelFault.class,
            f -> {
              assertThat(f.rule().id()).isEqualTo("VLLM-" + rule);
              assertThat(f.file()).isEqualTo(file);
            });
  }

  @Test
  void acceptsAGoodFolder() throws Exception {
    verify(facts(none()));
  }

  /** Files whose digest is right, and whose content is not. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          config.json           | {"architectures":["LlamaForCausalLM"],"auto_map":{"AutoModel":"x.Y"}}                      | 402
          config.json           | {"architectures":["LlamaForCausalLM"],"text_config":{"a":[{"auto_map":{}}]}}              | 402
          config.json           | {"architectures":["LlamaForCausalLM"],"auto\\u005fmap":"x"}                                | 402
          config.json           | {"architectures":["LlamaForCausalLM"],"speculators_config":{"verifier":{}}}               | 407
          config.json           | {"architectures":["LlamaForCausalLM"],"_attn_implementation":"org/kernel"}                | 402
          config.json           | {"architectures":["LlamaForCausalLM"],"attn_implementation":{"text":"org/kernel"}}        | 402
          config.json           | {"architectures":["LlamaForCausalLM"],"use_kernels":true}                                 | 402
          config.json           | {"architectures":["Qwen2ForCausalLM"]}                                                    | 401
          config.json           | {}                                                                                         | 401
          config.json           | {"architectures":["LlamaForCausalLM"],"vocab_size":-1}                                    | 401
          config.json           | {"architectures":["LlamaForCausalLM"],"quantization_config":{"quant_method":"awq"}}       | 602
          config.json           | {"architectures":["LlamaForCausalLM"],"architectures":["LlamaForCausalLM"]}               | 402
          generation_config.json | {"x":{"trust_remote_code":true}}                                                          | 402
          generation_config.json | {"a":1,}                                                                                  | 402
          generation_config.json | {"a":NaN}                                                                                 | 402
          processor_config.json | {"auto_map":["x"]}                                                                        | 402
          hf_quant_config.json  | {"quantization":{"quant_algo":"FP8"}}                                                     | 602
          model.safetensors.index.json | {"weight_map":{"w":"other.safetensors"}}                                           | 405
          model.safetensors.index.json | {"weight_map":{"w":"../x.safetensors"}}                                            | 405
          model.safetensors.index.json | {}                                                                                  | 405
          """)
  void refusesContent(String file, String text, int rule) throws Exception {
    put(file, text);
    refused(facts(none()), file, rule);
  }

  /** What looks like one of those, and is none. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          tokenizer.json         | {"model":{"vocab":{"auto_map":7,"trust_remote_code":8,"speculators_config":9}}}
          generation_config.json | {"trust_remote_code":false,"auto_map":null}
          generation_config.json | {"attn_implementation":"sdpa"}
          tokenizer.json         | {"added_tokens":["auto_map"],"half":"\\ud83d"}
          """)
  void acceptsContent(String file, String text) throws Exception {
    put(file, text);
    verify(facts(none()));
  }

  static Stream<Arguments> badTensors() {
    String t = "{\"w\":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":%s}}";
    return Stream.of(
        Arguments.of("too short", new byte[3]),
        Arguments.of(
            "a pickle", new byte[] {(byte) 0x80, 4, (byte) 0x95, 26, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3}),
        Arguments.of(
            "header beyond the file",
            ByteBuffer.allocate(100).order(ByteOrder.LITTLE_ENDIAN).putLong(1L << 40).array()),
        Arguments.of("no JSON", tensors("{not json   ", 12)),
        Arguments.of("an array", tensors("[]", 0)),
        Arguments.of("blank before", tensors(" {}", 0)),
        Arguments.of("beyond the data", tensors(t.formatted("F16", "[2,3]", "[0,12]"), 11)),
        Arguments.of("bytes left over", tensors(t.formatted("F16", "[2,3]", "[0,12]"), 13)),
        Arguments.of("shape and bytes differ", tensors(t.formatted("F16", "[2,4]", "[0,12]"), 12)),
        Arguments.of("unknown type", tensors(t.formatted("Q4", "[2,3]", "[0,12]"), 12)),
        Arguments.of("negative", tensors(t.formatted("F16", "[-2,-3]", "[0,12]"), 12)),
        Arguments.of("fractions", tensors(t.formatted("F16", "[2.0,3]", "[0,12]"), 12)),
        Arguments.of(
            "overflow", tensors(t.formatted("F16", "[9223372036854775807,2]", "[0,12]"), 12)),
        Arguments.of("backwards", tensors(t.formatted("F16", "[0]", "[12,0]"), 12)),
        Arguments.of(
            "overlap",
            tensors(
                "{\"a\":{\"dtype\":\"U8\",\"shape\":[8],\"data_offsets\":[0,8]},\"b\":{\"dtype\":\"U8\",\"shape\":[8],\"data_offsets\":[4,12]}}",
                12)),
        Arguments.of(
            "twice",
            tensors(
                "{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]},\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[4,8]}}",
                8)),
        Arguments.of("metadata of numbers", tensors("{\"__metadata__\":{\"a\":1}}", 0)));
  }

  @ParameterizedTest
  @MethodSource("badTensors")
  void refusesTensors(String name, byte[] bytes) throws Exception {
    Files.write(folder.resolve("model.safetensors"), bytes);
    refused(facts(none()), "model.safetensors", 403);
  }

  /** What lies in a folder that nobody listed. */
  @ParameterizedTest
  @CsvSource({
    "NOTES.md,405",
    "more.safetensors,405",
    "params.json,407",
    "adapter_config.json,407",
    "modeling.py,402",
    "custom_generate/generate.py,402",
    "x.so,402",
    "pytorch_model.bin,403",
    "a/b.pt,403",
    "m.gguf,403",
    ".cache/x,405",
    "config.JSON,405"
  })
  void refusesExtraFiles(String name, int rule) throws Exception {
    ModelFacts facts = facts(none());
    put(name, "x");
    refused(facts, name, rule);
  }

  @Test
  void refusesLinksMissingFilesAndOtherBytes() throws Exception {
    ModelFacts facts = facts(none());
    Path file = folder.resolve("tokenizer_config.json");
    byte[] bytes = Files.readAllBytes(file);
    Files.delete(file);
    refused(facts, "tokenizer_config.json", 405);
    Path away = Files.write(base.resolve("away"), bytes);
    Files.createSymbolicLink(file, away);
    refused(facts, "tokenizer_config.json", 405);
    Files.delete(file);
    bytes[3] ^= 1;
    Files.write(file, bytes);
    refused(facts, "tokenizer_config.json", 405);
    ByteArrayOutputStream longer = new ByteArrayOutputStream();
    longer.write(bytes);
    longer.write('\n');
    Files.write(file, longer.toByteArray());
    refused(facts, "tokenizer_config.json", 405);
  }

  /** VLLM-601: quantized weights whose quantization nobody declared are the last row. */
  @ParameterizedTest
  @CsvSource({"awq,4,128,ok", "awq,8,128,604", "awq,4,64,604", "gptq,4,128,602", "none,,,602"})
  void comparesTheQuantization(String method, Integer bits, Integer group, String outcome)
      throws Exception {
    put(
        "config.json",
        CONFIG.formatted(
            ",\"quantization_config\":{\"quant_method\":\"awq\",\"bits\":4,\"group_size\":128}"));
    ModelFacts facts =
        facts(
            new Quantization(
                method,
                bits == null ? OptionalInt.empty() : OptionalInt.of(bits),
                group == null ? OptionalInt.empty() : OptionalInt.of(group)));
    if (outcome.equals("ok")) {
      verify(facts);
    } else {
      refused(facts, "config.json", Integer.parseInt(outcome));
    }
  }

  @Test
  void servesCopiesAndLinks() throws Exception {
    ModelFacts facts = facts(none());
    Path served = base.resolve("served");
    Verifier v = new Verifier(facts, folder, new VerifiedRecord(), n -> {});
    v.verifyInto(served);
    assertThat(served.resolve("model.safetensors")).isSymbolicLink().hasBinaryContent(GOOD);
    assertThat(Files.isSymbolicLink(served.resolve("config.json"))).isFalse();
    put("config.json", CONFIG.formatted(",\"auto_map\":{}"));
    assertThat(served.resolve("config.json")).hasContent(CONFIG.formatted(""));
    v.verifyServed(served);
    assertThatThrownBy(() -> v.verifyInto(served)).isInstanceOf(ModelFault.class);
    assertThat(served).doesNotExist();
  }

  /** Weights that were read are not read again, unless anything about them changed. */
  @Test
  void readsWeightsOnceUntilTheyChange() throws Exception {
    ModelFacts facts = facts(none());
    Path weights = folder.resolve("model.safetensors");
    VerifiedRecord record = new VerifiedRecord();
    String stamp = VerifiedRecord.stamp(weights);
    String sha =
        facts.files().stream().filter(ModelFile::isWeights).findFirst().orElseThrow().sha256();
    record.add("model.safetensors", sha, stamp, System.currentTimeMillis() + 10_000);
    assertThat(record.knows("model.safetensors", sha, stamp)).isTrue();
    Path file = base.resolve("verified.json");
    record.write(file);
    assertThat(VerifiedRecord.read(file).knows("model.safetensors", sha, stamp)).isTrue();
    // A change within the clock's grain of the reading would leave no trace: it is not remembered.
    record.add("model.safetensors", sha, stamp, System.currentTimeMillis() - 60_000);
    assertThat(record.knows("model.safetensors", sha, stamp)).isFalse();
    java.nio.file.attribute.FileTime date = Files.getLastModifiedTime(weights);
    byte[] other = GOOD.clone();
    other[other.length - 1] ^= 1;
    Files.write(weights, other);
    Files.setLastModifiedTime(weights, date);
    assertThat(
            VerifiedRecord.read(file)
                .knows("model.safetensors", sha, VerifiedRecord.stamp(weights)))
        .isFalse();
    refused(facts, "model.safetensors", 405);
  }
}
