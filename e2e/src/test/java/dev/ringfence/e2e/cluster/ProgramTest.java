package dev.ringfence.e2e.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** That the programs and the pinned Go modules speak of the same. */
final class ProgramTest {

  @ParameterizedTest
  @EnumSource
  void theModuleNamesTheProgramAsATool(Program program) throws IOException {
    if (!program.module.sources.isEmpty()) {
      assertThat(program.module.sources)
          .contains(program.packagePath.substring(program.module.path.length() + 1) + "/main.go");
      return;
    }
    assertThat(file(program.module, "go.mod"))
        .containsPattern("(?m)^(tool |\\t)" + Pattern.quote(program.packagePath) + "$");
  }

  @ParameterizedTest
  @EnumSource
  void theModuleRequiresTheVersion(Program.Module module) throws IOException {
    var modules = file(module, "go.mod");
    if (!module.sources.isEmpty()) {
      assertThat(modules).startsWith("module " + module.path + "\n");
      return;
    }
    assertThat(modules)
        .containsPattern(
            "(?m)^(require |\\t)" + Pattern.quote(module.path + " v" + module.version) + "( |$)");
    assertThat(file(module, "go.sum")).contains(module.path + " v" + module.version + " h1:");
    if (module == Program.Module.KUBERNETES) {
      var staging = module.version.replaceFirst("1", "0");
      assertThat(modules.lines().filter(line -> line.contains("=>")))
          .hasSizeGreaterThan(30)
          .allMatch(line -> line.endsWith(" v" + staging));
    }
  }

  private static String file(Program.Module module, String name) throws IOException {
    try (var in = GoBuild.moduleFile(module, name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
