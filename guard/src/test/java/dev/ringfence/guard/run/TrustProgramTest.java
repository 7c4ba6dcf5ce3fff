package dev.ringfence.guard.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ringfence.guard.fetch.Models;
import dev.ringfence.guard.model.ModelDocument;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a person gets who asks to trust a folder. */
class TrustProgramTest {
  @TempDir private Path base;
  private Path folder = Path.of(".");

  private record Said(int code, String out, String errors) {}

  @BeforeEach
  void goodFolder() throws Exception {
    folder = Files.createDirectory(base.resolve("My_Model"));
    for (Map.Entry<String, byte[]> e : Models.files().entrySet()) {
      Files.write(folder.resolve(e.getKey()), e.getValue());
    }
  }

  private static Said trust(String... args) throws Unusable {
    PrintStream out = System.out;
    PrintStream errors = System.err;
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    ByteArrayOutputStream complained = new ByteArrayOutputStream();
    try {
      System.setOut(new PrintStream(said, true, StandardCharsets.UTF_8));
      System.setErr(new PrintStream(complained, true, StandardCharsets.UTF_8));
      int code = TrustProgram.run(List.of(args));
      return new Said(
          code, said.toString(StandardCharsets.UTF_8), complained.toString(StandardCharsets.UTF_8));
    } finally {
      System.setOut(out);
      System.setErr(errors);
    }
  }

  @Test
  void writesWhatFetchAndVerifyRead() throws Exception {
    Said said = trust(folder.toString());
    assertThat(said.code()).isZero();
    ModelDocument model = ModelDocument.read(said.out());
    assertThat(model.name()).isEqualTo("my-model");
    assertThat(model.facts().architectures()).containsExactly("LlamaForCausalLM");
    assertThat(model.facts().files()).hasSize(2);
    Path file = Files.writeString(base.resolve("model.yaml"), said.out());
    assertThat(VerifyProgram.run(List.of("--model", file.toString(), folder.toString()))).isZero();
  }

  @Test
  void tellsWhatChanged() throws Exception {
    Path old = Files.writeString(base.resolve("old.yaml"), trust(folder.toString()).out());
    Files.writeString(
        folder.resolve("config.json"), "{\"architectures\":[\"Other\"],\"vocab_size\":256}");
    Files.writeString(folder.resolve("tokenizer.json"), "{}");
    Said said = trust(folder.toString(), "--diff", old.toString());
    assertThat(said.errors())
        .contains("~ config.json (", "+ tokenizer.json", "~ architectures", "= 1 files");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          config.json           | {"architectures":["A"],"auto_map":{"a":"b.c"}}     | VLLM-402
          tokenizer_config.json | {"x":[{"auto_map":{}}]}                            | VLLM-402
          config.json           | {"architectures":["A"],"speculators_config":{}}    | VLLM-407
          config.json           | {"architectures":[]}                               | VLLM-401
          config.json           | {"architectures"                                   | VLLM-402
          modeling_x.py         | import os                                          | VLLM-402
          pytorch_model.bin     | x                                                  | VLLM-403
          params.json           | {}                                                 | VLLM-
          adapter_config.json   | {}                                                 | VLLM-407
          model2.safetensors    | nonsense that is no safetensors file               | VLLM-403
          """)
  void refuses(String file, String content, String rule) throws Exception {
    Files.writeString(folder.resolve(file), content);
    Said said = trust(folder.toString());
    assertThat(said.code()).isOne();
    assertThat(said.out()).isEmpty();
    assertThat(said.errors()).contains("ringfence: refused: ").contains(rule).contains(file);
  }

  @Test
  void refusesALink() throws Exception {
    Files.delete(folder.resolve("model.safetensors"));
    Files.createSymbolicLink(folder.resolve("model.safetensors"), Path.of("/etc/hostname"));
    assertThat(trust(folder.toString()).errors()).contains("is not a plain file");
  }

  @ParameterizedTest
  @CsvSource({
    "no-such-folder",
    "owner/model",
    "owner/model/more@main",
    "../x@main",
    "owner/model@a b",
    "owner/model@main?x"
  })
  void saysWhatItNeeds(String what) {
    assertThatThrownBy(() -> trust(what)).isInstanceOf(Unusable.class);
  }
}
