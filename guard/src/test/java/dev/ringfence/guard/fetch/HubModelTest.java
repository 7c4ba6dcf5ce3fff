package dev.ringfence.guard.fetch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ringfence.guard.model.ModelFacts;
import dev.ringfence.guard.model.ModelFault;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Trust in what lies on a hub, without its weights. */
class HubModelTest {
  @TempDir private static Path shared;
  private static @Nullable TestCertificate certificate;
  @TempDir private Path base;
  private StandInHub hub;
  private final Map<String, byte[]> files = Models.files();

  @BeforeAll
  static void makeCertificate() throws Exception {
    certificate = new TestCertificate(shared, "-keyalg EC -groupname secp256r1");
  }

  @BeforeEach
  void start() throws Exception {
    hub = new StandInHub(base, Objects.requireNonNull(certificate));
    files.forEach(hub::put);
  }

  @AfterEach
  void stop() {
    hub.close();
  }

  private HubModel model(String revision) throws FetchFault {
    return new HubModel(
        new Http(Optional.empty(), Optional.of(hub.ca()), Optional.empty()),
        hub.endpoint(),
        StandInHub.REPOSITORY,
        revision);
  }

  private ModelFacts look(String revision) throws Exception {
    HubModel model = model(revision);
    ModelFacts facts =
        new ModelFacts(
            ModelFacts.Source.FETCHED,
            List.of("LlamaForCausalLM"),
            new ModelFacts.Quantization("none", OptionalInt.empty(), OptionalInt.empty()),
            model.files());
    model.check(facts);
    assertThat(model.revision()).isEqualTo(StandInHub.COMMIT);
    return facts;
  }

  @ParameterizedTest
  @CsvSource({"main", StandInHub.COMMIT})
  void knowsTheFilesWithoutTheWeights(String revision) throws Exception {
    ModelFacts facts = look(revision);
    assertThat(facts.files()).hasSize(2);
    for (ModelFacts.ModelFile f : facts.files()) {
      byte[] content = files.getOrDefault(f.path(), new byte[0]);
      assertThat(f.sha256()).isEqualTo(Models.sha(content));
      assertThat(f.size()).isEqualTo(content.length);
    }
    assertThat(hub.asked)
        .filteredOn(a -> a.path().endsWith(".safetensors"))
        .isNotEmpty()
        .allMatch(a -> a.range() != null);
  }

  @Test
  void refusesCodeInAJsonFile() {
    hub.put("tokenizer_config.json", "{\"a\":{\"auto_map\":{}}}".getBytes(StandardCharsets.UTF_8));
    assertThatThrownBy(() -> look("main"))
        .isInstanceOfSatisfying(
            ModelFault.class, f -> assertThat(f.file()).isEqualTo("tokenizer_config.json"));
  }

  @Test
  void leavesOutWhatNoModelNeeds() throws Exception {
    hub.put("pytorch_model.bin", new byte[] {1});
    hub.put("modeling.py", new byte[] {1});
    HubModel model = model("main");
    assertThat(model.files()).hasSize(2);
    assertThat(model.leftOut()).containsExactlyInAnyOrder("pytorch_model.bin", "modeling.py");
  }

  /** Lists that a hub may not give. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {}                                                          | cannot be read
          nonsense                                                    | cannot be read
          [{"type":"file","path":"params.json","size":1}]             | params.json
          [{"type":"file","path":"adapter_config.json","size":1}]     | adapter_config.json
          [{"type":"file","path":"gone.json","size":1}]               | no such repository, revision or file
          """)
  void refusesLists(String list, String words) {
    hub.list = list;
    assertThatThrownBy(() -> look("main"))
        .satisfies(
            e -> assertThat(e instanceof ModelFault f ? f.line() : e.getMessage()).contains(words));
  }

  @ParameterizedTest
  @CsvSource({"../x.json", "/etc/passwd", "a\\\\b.json", ".git/config", "a//b.json"})
  void takesNoNameThatLeadsOut(String path) throws Exception {
    hub.list = "[{\"type\":\"file\",\"path\":\"" + path + "\",\"size\":1}]";
    HubModel model = model("main");
    assertThat(model.files()).isEmpty();
    assertThat(hub.asked).noneMatch(a -> a.path().contains("resolve"));
  }

  @Test
  void followsItsListNowhereElse() {
    hub.next = "https://elsewhere.example/more";
    assertThatThrownBy(() -> look("main"))
        .isInstanceOfSatisfying(
            FetchFault.class, f -> assertThat(f.reason()).contains("goes on elsewhere"));
  }

  @Test
  void readsNoWeightsThatEndWithinTheirHeader() throws Exception {
    Files.createFile(base.resolve("x"));
    hub.put("more.safetensors", new byte[] {100, 0, 0, 0, 0, 0, 0, 0, '{', '}'});
    assertThatThrownBy(() -> look("main")).isInstanceOf(ModelFault.class);
  }
}
