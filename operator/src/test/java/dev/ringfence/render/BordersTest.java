package dev.ringfence.render;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** Rules, knowledge and rendering are pure: no client, no operator framework, no environment. */
@AnalyzeClasses(packages = "dev.ringfence", importOptions = ImportOption.DoNotIncludeTests.class)
class BordersTest {
  private static final String[] PURE = {
    "dev.ringfence.rules..", "dev.ringfence.render..", "dev.ringfence.vllm.."
  };

  @ArchTest
  static final ArchRule PURE_PACKAGES_KNOW_NO_CLIENT =
      noClasses()
          .that()
          .resideInAnyPackage(PURE)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("io.fabric8.kubernetes.client..", "io.javaoperatorsdk..");

  @ArchTest
  static final ArchRule PURE_PACKAGES_READ_NO_CLOCK_AND_NO_ENVIRONMENT =
      noClasses()
          .that()
          .resideInAnyPackage(PURE)
          .should()
          .callMethod(System.class, "getenv", String.class)
          .orShould()
          .callMethod(System.class, "getenv")
          .orShould()
          .callMethod(System.class, "getProperty", String.class)
          .orShould()
          .callMethod(System.class, "currentTimeMillis")
          .orShould()
          .callMethod(java.time.Instant.class, "now");

  @ArchTest
  static final ArchRule RULES_DO_NOT_RENDER =
      noClasses()
          .that()
          .resideInAnyPackage("dev.ringfence.rules..", "dev.ringfence.vllm..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("dev.ringfence.render..", "io.fabric8.kubernetes.api..");
}
