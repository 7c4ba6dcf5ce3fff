package dev.ringfence.guard.policy;

import java.util.Locale;

/** What a client may call. */
public enum Endpoint {
  CHAT("POST", "/v1/chat/completions"),
  COMPLETIONS("POST", "/v1/completions"),
  MODELS("GET", "/v1/models"),
  EMBEDDINGS("POST", "/v1/embeddings"),
  RESPONSES("POST", "/v1/responses"),
  MESSAGES("POST", "/v1/messages"),
  TOKENIZE("POST", "/tokenize");

  private final String method;
  private final String path;

  Endpoint(String method, String path) {
    this.method = method;
    this.path = path;
  }

  public String method() {
    return method;
  }

  public String path() {
    return path;
  }

  /** The name in guard.json, metrics and audit lines, for example {@code chat}. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
