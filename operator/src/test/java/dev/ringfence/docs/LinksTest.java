package dev.ringfence.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Every relative link of every page leads to a file that is there, and to a heading of it. */
final class LinksTest {
  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
  private static final Pattern LINK = Pattern.compile("\\]\\(([^)\\s]+)\\)");
  private static final Pattern FENCE = Pattern.compile("(?ms)^```.*?^```");
  private static final Pattern CODE = Pattern.compile("`[^`\n]*`");
  private static final Pattern HEADING = Pattern.compile("(?m)^#{1,6} (.*)$");

  static List<Path> pages() throws IOException {
    List<Path> pages = new ArrayList<>();
    for (String folder : List.of("docs", "deploy", "tools", "operator/src/test/resources/rules")) {
      if (Files.isDirectory(ROOT.resolve(folder))) {
        try (Stream<Path> files = Files.walk(ROOT.resolve(folder))) {
          files.filter(f -> f.toString().endsWith(".md")).forEach(pages::add);
        }
      }
    }
    try (Stream<Path> files = Files.list(ROOT)) {
      files.filter(f -> f.toString().endsWith(".md")).forEach(pages::add);
    }
    return pages;
  }

  private static String text(Path page) {
    try {
      return CODE.matcher(FENCE.matcher(Files.readString(page)).replaceAll("")).replaceAll("");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** As GitHub makes them of headings. */
  private static Set<String> anchors(Path page) {
    try {
      return HEADING
          .matcher(FENCE.matcher(Files.readString(page)).replaceAll(""))
          .results()
          .map(
              h ->
                  h.group(1)
                      .toLowerCase(Locale.ROOT)
                      .replaceAll("[^\\p{L}\\p{N} _-]", "")
                      .strip()
                      .replace(' ', '-'))
          .collect(Collectors.toSet());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void everyRelativeLinkLeadsSomewhere() throws IOException {
    List<String> broken = new ArrayList<>();
    int links = 0;
    for (Path page : pages()) {
      for (String link : LINK.matcher(text(page)).results().map(MatchResult::group).toList()) {
        String target = link.substring(2, link.length() - 1);
        if (target.matches("[a-z]+:.*")) {
          continue;
        }
        links++;
        int hash = target.indexOf('#');
        String file = hash < 0 ? target : target.substring(0, hash);
        Path to = file.isEmpty() ? page : page.resolveSibling(file).normalize();
        if (!Files.exists(to)) {
          broken.add(ROOT.relativize(page) + ": " + target);
        } else if (hash >= 0
            && to.toString().endsWith(".md")
            && !anchors(to).contains(target.substring(hash + 1))) {
          broken.add(ROOT.relativize(page) + ": no heading for " + target);
        }
      }
    }
    assertThat(broken).isEmpty();
    assertThat(links).isGreaterThan(100);
  }
}
