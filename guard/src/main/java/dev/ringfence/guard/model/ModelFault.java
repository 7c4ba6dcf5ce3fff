package dev.ringfence.guard.model;

import dev.ringfence.guard.Rule;

/** Why a model is refused: the rule, the file, and a sentence that quotes nothing of the file. */
public final class ModelFault extends Exception {
  private static final long serialVersionUID = 1L;
  private final Rule rule;
  private final String file;

  public ModelFault(Rule rule, String file, String message) {
    super(message, null, false, false);
    this.rule = rule;
    this.file = file;
  }

  public Rule rule() {
    return rule;
  }

  public String file() {
    return file;
  }

  public String reason() {
    return String.valueOf(getMessage());
  }

  /** One line for people: {@code VLLM-405 tokenizer.json: ...}. */
  public String line() {
    return rule.id() + " " + file + ": " + reason();
  }
}
