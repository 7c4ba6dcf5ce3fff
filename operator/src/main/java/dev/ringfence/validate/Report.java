package dev.ringfence.validate;

import dev.ringfence.input.Unreadable;
import java.util.List;

/**
 * All that one call found.
 *
 * @param findings of readable objects
 * @param errors what could not be read, or held nothing of ours
 */
public record Report(List<Finding> findings, List<Unreadable> errors) {
  public enum Format {
    text,
    json,
    sarif
  }

  /** 0: all accepted. 1: something is rejected. 2: something cannot be read; 2 wins. */
  public int exitCode() {
    if (!errors.isEmpty()) {
      return 2;
    }
    return findings.stream().allMatch(Finding::accepted) ? 0 : 1;
  }

  public String in(Format format) {
    return switch (format) {
      case text -> TextReport.of(this);
      case json -> JsonReport.of(this);
      case sarif -> SarifReport.of(this);
    };
  }
}
