package dev.ringfence.vllm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Extra arguments: what is allowed, and by which rule everything else is refused. */
class JudgeTest {

  private static final Knowledge KNOWLEDGE = Knowledge.bundled();
  private static final Set<String> POLICY =
      Set.of(
          "--max-logprobs",
          "--disable-custom-all-reduce",
          "--attention-backend",
          "--default-chat-template-kwargs",
          // A policy cannot open these: they are judged as if it had not listed them.
          "--tokenizer",
          "--enable-prefix-caching",
          "--no-such-argument");

  private static Arguments row(String version, List<String> args, String... verdicts) {
    return Arguments.of(version, args, List.of(verdicts));
  }

  static Stream<Arguments> rows() {
    return Stream.of(
        // Allowed: canonical spelling, one element or two, each once.
        row("0.32.0", List.of()),
        row("0.32.0", List.of("--max-logprobs=5"), "0 --max-logprobs=5"),
        row("0.32.0", List.of("--max-logprobs", "0"), "0 --max-logprobs=0"),
        row("0.28.0", List.of("--max-logprobs=20"), "0 --max-logprobs=20"),
        row(
            "0.33.0",
            List.of("--disable-custom-all-reduce", "--max-logprobs", "1"),
            "0 --disable-custom-all-reduce",
            "1 --max-logprobs=1"),
        row(
            "0.33.0",
            List.of("--default-chat-template-kwargs={\"enable_thinking\":false}"),
            "0 --default-chat-template-kwargs={\"enable_thinking\":false}"),
        // Values outside the grammar.
        row("0.32.0", List.of("--max-logprobs=21"), "0 VLLM-208 --max-logprobs"),
        row("0.32.0", List.of("--max-logprobs=-1"), "0 VLLM-208 --max-logprobs"),
        row("0.32.0", List.of("--max-logprobs", "-1"), "0 VLLM-208 --max-logprobs"),
        row("0.32.0", List.of("--max-logprobs=05"), "0 VLLM-208 --max-logprobs"),
        row("0.32.0", List.of("--max-logprobs=+5"), "0 VLLM-208 --max-logprobs"),
        row("0.32.0", List.of("--max-logprobs=5.0"), "0 VLLM-208 --max-logprobs"),
        row("0.32.0", List.of("--max-logprobs= 5"), "0 VLLM-208 --max-logprobs"),
        row("0.32.0", List.of("--max-logprobs=5\n"), "0 VLLM-208 --max-logprobs"),
        row("0.32.0", List.of("--max-logprobs=5 --seed=1"), "0 VLLM-208 --max-logprobs"),
        row("0.32.0", List.of("--max-logprobs=5\n--seed=1"), "0 VLLM-208 --max-logprobs"),
        row("0.32.0", List.of("--max-logprobs=\u0665"), "0 VLLM-208 --max-logprobs"),
        row("0.32.0", List.of("--max-logprobs=$(HOSTNAME)"), "0 VLLM-208 --max-logprobs"),
        row("0.32.0", List.of("--max-logprobs=`id`"), "0 VLLM-208 --max-logprobs"),
        row("0.32.0", List.of("--max-logprobs="), "0 VLLM-208 --max-logprobs"),
        row("0.32.0", List.of("--max-logprobs"), "0 VLLM-208 --max-logprobs"),
        row("0.32.0", List.of("--max-logprobs=" + "5".repeat(99)), "0 VLLM-208 --max-logprobs"),
        row(
            "0.32.0",
            List.of("--max-logprobs", "--enable-prefix-caching"),
            "0 VLLM-208 --max-logprobs",
            "1 VLLM-101 --enable-prefix-caching"),
        row("0.32.0", List.of("--attention-backend=CUSTOM"), "0 VLLM-208 --attention-backend"),
        row(
            "0.32.0",
            List.of("--disable-custom-all-reduce=1"),
            "0 VLLM-208 --disable-custom-all-reduce"),
        row(
            "0.32.0",
            List.of("--default-chat-template-kwargs={\"chat_template\":\"x\"}"),
            "0 VLLM-208 --default-chat-template-kwargs"),
        // Twice: vLLM would take the last.
        row(
            "0.32.0",
            List.of("--max-logprobs=5", "--max-logprobs", "6"),
            "0 --max-logprobs=5",
            "1 VLLM-208 --max-logprobs"),
        // Other spellings of what is allowed.
        row("0.32.0", List.of("--max_logprobs=5"), "0 VLLM-208 --max-logprobs"),
        row("0.32.0", List.of("--max-logp=5"), "0 VLLM-208 --max-logprobs"),
        row("0.32.0", List.of("--max-logp", "5"), "0 VLLM-208 --max-logprobs"),
        row("0.32.0", List.of("--max-log=5"), "0 VLLM-208"),
        row("0.32.0", List.of("--max-logprobs.x=5"), "0 VLLM-208 --max-logprobs"),
        row("0.32.0", List.of("--max-logprobs+=5"), "0 VLLM-208"),
        row("0.32.0", List.of("-max-logprobs=5"), "0 VLLM-208"),
        row("0.32.0", List.of("--Max-Logprobs=5"), "0 VLLM-208"),
        row("0.32.0", List.of("--MAX-LOGPROBS", "5"), "0 VLLM-208"),
        row("0.32.0", List.of(" --max-logprobs=5"), "0 VLLM-208"),
        row("0.32.0", List.of("--max-logprobs\t5"), "0 VLLM-208"),
        row("0.32.0", List.of("--max-logprobs\u200b=5"), "0 VLLM-208"),
        row("0.32.0", List.of("\uff0d\uff0dmax-logprobs=5"), "0 VLLM-208"),
        row("0.32.0", List.of("\u2014max-logprobs=5"), "0 VLLM-208"),
        row(
            "0.32.0",
            List.of("--no-disable-custom-all-reduce"),
            "0 VLLM-208 --disable-custom-all-reduce"),
        row("0.32.0", List.of("--enable-custom-all-reduce"), "0 VLLM-208"),
        row(
            "0.33.0",
            List.of("--enable-custom-all-reduce"),
            "0 VLLM-208 --disable-custom-all-reduce"),
        // No argument at all.
        row("0.32.0", List.of("5"), "0 VLLM-208"),
        row("0.32.0", List.of(""), "0 VLLM-208"),
        row("0.32.0", List.of(" "), "0 VLLM-208"),
        row("0.32.0", List.of("-"), "0 VLLM-208"),
        row("0.32.0", List.of("--"), "0 VLLM-208"),
        row("0.32.0", List.of("--", "evil/model"), "0 VLLM-208"),
        row("0.32.0", List.of("evil/model"), "0 VLLM-208"),
        row("0.32.0", List.of("--=x"), "0 VLLM-208"),
        row("0.32.0", List.of("--version"), "0 VLLM-208"),
        row("0.32.0", List.of("--help"), "0 VLLM-208 --help"),
        row("0.32.0", List.of("-h"), "0 VLLM-208 --help"),
        row("0.32.0", List.of("--my-setting=swordfish"), "0 VLLM-208"),
        row("0.32.0", List.of("--my-setting", "swordfish"), "0 VLLM-208"),
        row("0.32.0", List.of("--no-such-argument"), "0 VLLM-208"),
        row("0.32.0", List.of("--no-such-argument.x", "--max-logprobs=5"), "0 VLLM-208"),
        // What vLLM would resolve gets the rule of what it means.
        row("0.32.0", List.of("--enable-prefix-caching"), "0 VLLM-101 --enable-prefix-caching"),
        row("0.32.0", List.of("--enable_prefix_caching"), "0 VLLM-101 --enable-prefix-caching"),
        row("0.32.0", List.of("--enable-prefix_cachin"), "0 VLLM-101 --enable-prefix-caching"),
        row("0.32.0", List.of("--no-enable-prefix-caching"), "0 VLLM-101 --enable-prefix-caching"),
        row("0.33.0", List.of("--no-enable-prefix-caching"), "0 VLLM-101 --enable-prefix-caching"),
        row("0.33.0", List.of("--disable-prefix-caching"), "0 VLLM-101 --enable-prefix-caching"),
        row("0.32.0", List.of("--Enable-Prefix-Caching"), "0 VLLM-208"),
        row(
            "0.32.0",
            List.of("--prefix-caching-hash-algo=xxhash"),
            "0 VLLM-101 --prefix-caching-hash-algo"),
        row("0.32.0", List.of("--served-model-name", "a", "b"), "0 VLLM-102 --served-model-name"),
        row("0.32.0", List.of("--enable-log-r"), "0 VLLM-103 --enable-log-requests"),
        row("0.33.0", List.of("--disable-log-requests"), "0 VLLM-103 --enable-log-requests"),
        row("0.32.0", List.of("--disable-log-requests"), "0 VLLM-103"),
        row("0.32.0", List.of("--log-level=DEBUG"), "0 VLLM-103 --log-level"),
        row("0.32.0", List.of("--otlp-traces-endpoint=x"), "0 VLLM-103 --otlp-traces-endpoint"),
        row(
            "0.32.0",
            List.of("--kv_transfer_config.kv_connector=X"),
            "0 VLLM-104 --kv-transfer-config"),
        row("0.32.0", List.of("--kv-transfer-config.a+", "b"), "0 VLLM-104 --kv-transfer-config"),
        row("0.32.0", List.of("--kv-tr.a", "--max-logprobs=1"), "0 VLLM-104 --kv-transfer-config"),
        row("0.32.0", List.of("--kv-offloading-size=4"), "0 VLLM-104 --kv-offloading-size"),
        row(
            "0.32.0",
            List.of("--gpu-memory-utilization=0.99"),
            "0 VLLM-201 --gpu-memory-utilization"),
        row("0.32.0", List.of("--gpu-mem", "0.99"), "0 VLLM-201 --gpu-memory-utilization"),
        row(
            "0.32.0",
            List.of("--device-memory-utilization=0.99"),
            "0 VLLM-201 --gpu-memory-utilization"),
        row("0.30.0", List.of("--device-memory-utilization=0.99"), "0 VLLM-208"),
        row("0.32.0", List.of("--watermark=0.0"), "0 VLLM-201 --watermark"),
        row(
            "0.32.0",
            List.of("--num-gpu-blocks-override", "9"),
            "0 VLLM-201 --num-gpu-blocks-override"),
        row("0.32.0", List.of("--swap-space=4"), "0 VLLM-202"),
        row("0.32.0", List.of("--swap_space", "4"), "0 VLLM-202"),
        row("0.32.0", List.of("--cpu-offload-gb=10"), "0 VLLM-202 --cpu-offload-gb"),
        row("0.32.0", List.of("--max-num-batched-tokens=1"), "0 VLLM-203 --max-num-batched-tokens"),
        row("0.32.0", List.of("--max-num-seqs=1"), "0 VLLM-204 --max-num-seqs"),
        row("0.32.0", List.of("--block-size=16"), "0 VLLM-205 --block-size"),
        row("0.32.0", List.of("--max-model-len=8k"), "0 VLLM-206 --max-model-len"),
        row("0.32.0", List.of("-tp", "2"), "0 VLLM-210 --tensor-parallel-size"),
        row("0.32.0", List.of("-t=2"), "0 VLLM-208"),
        row("0.32.0", List.of("-t", "2"), "0 VLLM-210 --tensor-parallel-size"),
        row("0.32.0", List.of("--model=evil/x"), "0 VLLM-401 --model"),
        row("0.32.0", List.of("--trust-remote-code=true"), "0 VLLM-402 --trust-remote-code"),
        row("0.32.0", List.of("--trust-rem"), "0 VLLM-402 --trust-remote-code"),
        row("0.32.0", List.of("--trust"), "0 VLLM-208"),
        row("0.32.0", List.of("--hf-overrides.x=1"), "0 VLLM-402 --hf-overrides"),
        row("0.32.0", List.of("--load-format", "pt"), "0 VLLM-403 --load-format"),
        row("0.32.0", List.of("--revision=main"), "0 VLLM-404 --revision"),
        row("0.32.0", List.of("--hf-token", "hf_x"), "0 VLLM-406 --hf-token"),
        row("0.32.0", List.of("--hf-token"), "0 VLLM-406 --hf-token"),
        row("0.32.0", List.of("--tokenizer", "evil/x"), "0 VLLM-407 --tokenizer"),
        row(
            "0.32.0",
            List.of("--speculative-config.model", "x"),
            "0 VLLM-407 --speculative-config"),
        row("0.32.0", List.of("-sc.model=x"), "0 VLLM-407 --speculative-config"),
        row("0.32.0", List.of("-s", "{}"), "0 VLLM-407 --speculative-config"),
        row("0.32.0", List.of("--lora-modules", "x=y", "z=w"), "0 VLLM-407 --lora-modules"),
        row("0.32.0", List.of("--speculative-model=x"), "0 VLLM-407"),
        row("0.32.0", List.of("--api-key", ""), "0 VLLM-501 --api-key"),
        row("0.32.0", List.of("-qawq"), "0 VLLM-602 --quantization"),
        row("0.32.0", List.of("--quant=awq"), "0 VLLM-208"),
        row("0.32.0", List.of("-O3"), "0 VLLM-208 --optimization-level"),
        row("0.32.0", List.of("-O", "3"), "0 VLLM-208 --optimization-level"),
        row("0.32.0", List.of("--config=/x.yaml"), "0 VLLM-208 --config"),
        row("0.32.0", List.of("--conf=/x.yaml"), "0 VLLM-208"),
        row("0.32.0", List.of("--enforce-eager"), "0 VLLM-208 --enforce-eager"),
        row("0.32.0", List.of("--sleep-mode-backend=x"), "0 VLLM-208"),
        row("0.33.0", List.of("--sleep-mode-backend=x"), "0 VLLM-208 --sleep-mode-backend"),
        // Openable, but not by this policy.
        row("0.32.0", List.of("--seed=1"), "0 VLLM-208 --seed"),
        row(
            "0.32.0",
            List.of("--seed", "1", "--max-logprobs=1"),
            "0 VLLM-208 --seed",
            "2 --max-logprobs=1"),
        // Every element is looked at.
        row(
            "0.32.0",
            List.of(
                "--max-logprobs=1",
                "x",
                "--tokenizer=y",
                "--enable-prefix-caching",
                "true",
                "-tp",
                "2"),
            "0 --max-logprobs=1",
            "1 VLLM-208",
            "2 VLLM-407 --tokenizer",
            "3 VLLM-101 --enable-prefix-caching",
            "4 VLLM-208",
            "5 VLLM-210 --tensor-parallel-size"));
  }

  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("rows")
  void judges(String version, List<String> args, List<String> verdicts) {
    assertThat(KNOWLEDGE.judge(args, KnowledgeTest.release(version), POLICY))
        .extracting(
            v ->
                switch (v) {
                  case ArgumentVerdict.Allowed a -> a.index() + " " + a.rendered();
                  case ArgumentVerdict.Refused r ->
                      r.index() + " " + r.ruleId() + r.canonical().map(c -> " " + c).orElse("");
                })
        .containsExactlyElementsOf(verdicts);
  }

  /** What is allowed comes through vLLM's own parser as exactly that, in every version. */
  @ParameterizedTest
  @MethodSource("dev.ringfence.vllm.KnowledgeTest#releases")
  void whatIsAllowedMeansWhatItSays(Release release) {
    for (Openable openable : KNOWLEDGE.openableArguments()) {
      if (release.argument(openable.name()).isEmpty()) {
        continue;
      }
      String argument =
          switch (openable.grammar()) {
            case Openable.Grammar.Flag f -> openable.name();
            case Openable.Grammar.Whole w -> openable.name() + "=" + w.maximum();
            case Openable.Grammar.OneOf o -> openable.name() + "=" + o.words().getLast();
            case Openable.Grammar.Form f -> openable.name() + "=" + f.example();
          };
      List<ArgumentVerdict> verdicts =
          KNOWLEDGE.judge(List.of(argument), release, Set.of(openable.name()));
      assertThat(verdicts).hasOnlyElementsOfType(ArgumentVerdict.Allowed.class);
      assertThat(release.parse(List.of(argument)))
          .as(argument)
          .singleElement()
          .isInstanceOfSatisfying(
              Parsed.Option.class,
              o -> {
                assertThat(o.argument().name()).isEqualTo(openable.name());
                assertThat(o.on()).isTrue();
              });
    }
  }

  /** No spelling of any argument gets past: each name, negation and underscored form of all. */
  @ParameterizedTest
  @MethodSource("dev.ringfence.vllm.KnowledgeTest#releases")
  void nothingUnlistedIsAllowed(Release release) {
    for (Argument argument : release.arguments()) {
      Stream.of(argument.names(), argument.negations())
          .flatMap(List::stream)
          .flatMap(n -> Stream.of(n, "--" + n.substring(n.lastIndexOf("--") + 1).replace('-', '_')))
          .forEach(
              name ->
                  assertThat(KNOWLEDGE.judge(List.of(name + "=1", name, "1"), release, Set.of()))
                      .as(name)
                      .hasOnlyElementsOfType(ArgumentVerdict.Refused.class));
    }
  }

  static Stream<Arguments> messages() {
    return Stream.of(
        Arguments.of(
            "--gpu-memory-utilization=0.99",
            "must not be given as an argument, spec.engine.gpuMemoryUtilization decides it; set"
                + " spec.engine.gpuMemoryUtilization instead"),
        Arguments.of(
            "--device-memory-utilization=0.99",
            "must not be given as an argument, spec.engine.gpuMemoryUtilization decides it; set"
                + " spec.engine.gpuMemoryUtilization instead (vLLM reads it as"
                + " --gpu-memory-utilization)"),
        Arguments.of(
            "--no-enable-prefix-caching",
            "must not be given, a shared prefix cache leaks prompts between requests; remove it,"
                + " Ringfence renders it itself (vLLM reads it as --enable-prefix-caching)"),
        Arguments.of(
            "--max_logprobs=5",
            "must be the canonical spelling of an argument; write it as --max-logprobs=5"),
        Arguments.of(
            "--max-logp=99",
            "must be the canonical spelling of an argument; write it as --max-logprobs=a whole"
                + " number from 0 to 20"),
        Arguments.of(
            "--max-logprobs=99",
            "must have a whole number from 0 to 20; write --max-logprobs with a whole number from"
                + " 0 to 20"),
        Arguments.of(
            "--seed=1",
            "must be an argument that the policy opens; remove it, or have --seed added to"
                + " spec.engine.allowedArguments of the VLLMPolicy"),
        Arguments.of("--my-setting=swordfish", "must be an argument of vLLM 0.32.0; remove it"),
        Arguments.of(
            "--max-log=5",
            "must be one argument, vLLM could take it for --max-log-len or --max-logprobs; remove it,"
                + " or write one name in full"),
        Arguments.of(
            "--data-parallel=2",
            "must be one argument, vLLM could take it for --data-parallel-address and 10 more; remove"
                + " it, or write one name in full"),
        Arguments.of(
            "swordfish",
            "must be one vLLM argument in plain ASCII, --name=value or the value as the next"
                + " element; remove it"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("messages")
  void saysWhatToDo(String argument, String message) {
    assertThat(KNOWLEDGE.judge(List.of(argument), KnowledgeTest.release("0.32.0"), POLICY))
        .singleElement()
        .isInstanceOfSatisfying(
            ArgumentVerdict.Refused.class,
            r -> assertThat(r.must() + "; " + r.fix()).isEqualTo(message));
  }

  @Test
  void neverShowsTheValueOfWhatItDoesNotAllow() {
    List<String> args =
        List.of(
            "--my-setting=swordfish",
            "--my-setting",
            "swordfish",
            "swordfish",
            "--hf-token=swordfish",
            "--tokenizer",
            "swordfish",
            "--kv-transfer-config.x=swordfish",
            "--swap-space=swordfish",
            "--max_logprobs=swordfish",
            "--Sword fish=swordfish",
            "-q=swordfish");
    assertThat(KNOWLEDGE.judge(args, KnowledgeTest.release("0.32.0"), POLICY))
        .hasSize(9)
        .allSatisfy(
            v ->
                assertThat(v)
                    .isInstanceOfSatisfying(
                        ArgumentVerdict.Refused.class,
                        r ->
                            assertThat(r.must() + r.fix() + r.shown().orElse(""))
                                .doesNotContain("swordfish")));
  }

  @Test
  void opensOnlyCanonicalNames() {
    assertThat(KNOWLEDGE.openableArgument("--max-logprobs")).isPresent();
    assertThat(
            Stream.of(
                    "",
                    "max-logprobs",
                    "--max_logprobs",
                    "--max-logprobs=5",
                    "--max-logp",
                    "--.*",
                    "--config",
                    "--hf-token",
                    "--load-format",
                    "--middleware",
                    "--enable-log-requests",
                    "--enable-prefix-caching",
                    "--gpu-memory-utilization",
                    "--device-memory-utilization",
                    "--trust_remote_code")
                .map(KNOWLEDGE::openableArgument))
        .allMatch(Optional::isEmpty);
  }
}
