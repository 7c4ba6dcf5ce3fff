package dev.ringfence.api.v1alpha1;

/**
 * The grammars of names and references, as RE2 (which the API server's CEL uses and which Java's
 * own patterns read alike). None lets a text start with {@code -} or hold {@code $(}, which a
 * command line or the kubelet would take for more than a value.
 */
public final class Patterns {
  /** Names of workloads and tenants: lower-case words joined by single dashes. */
  public static final String NAME = "^[a-z][a-z0-9]*(-[a-z0-9]+)*$";

  /** A namespace (RFC 1123 label). */
  public static final String NAMESPACE = "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$";

  /** Names of most objects (RFC 1123 subdomain). */
  public static final String OBJECT_NAME =
      "^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$";

  /** Names of TrustedModels. */
  public static final String MODEL_NAME = "^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$";

  /** An entry of a Secret. */
  public static final String SECRET_KEY = "^[A-Za-z0-9._-]+$";

  /** Names under which a model is served. */
  public static final String SERVED_NAME = "^[A-Za-z0-9][A-Za-z0-9._/-]{0,127}$";

  /** Printable ASCII without blanks. */
  public static final String ARGUMENT = "^[!-~]+$";

  /** The name of an environment variable. */
  public static final String VARIABLE = "^[A-Za-z_][A-Za-z0-9_]*$";

  /** A name of vLLM's own: a quantization method, a parser. */
  public static final String VLLM_NAME = "^[a-z0-9][a-z0-9_.-]*$";

  /** The name of a label, with or without a prefix. */
  public static final String LABEL_KEY =
      "^([a-z0-9]([a-z0-9.-]*[a-z0-9])?/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$";

  /** The value of a label; may be empty. */
  public static final String LABEL_VALUE = "^([A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?)?$";

  /** An image reference that ends in a digest; a tag before it is allowed and means nothing. */
  public static final String IMAGE =
      "^[a-z0-9][A-Za-z0-9._:-]*(/[a-z0-9]+([._-]+[a-z0-9]+)*)*(:[A-Za-z0-9_][A-Za-z0-9._-]{0,127})?@sha256:[a-f0-9]{64}$";

  /** A repository of a hub. */
  public static final String REPOSITORY =
      "^[A-Za-z0-9]([A-Za-z0-9._-]{0,94}[A-Za-z0-9_])?/[A-Za-z0-9]([A-Za-z0-9._-]{0,94}[A-Za-z0-9_])?$";

  /** A full commit. */
  public static final String COMMIT = "^[0-9a-f]{40}$";

  /** A digest in hexadecimal digits. */
  public static final String SHA256 = "^[0-9a-f]{64}$";

  /** A plain https address: host, port, folder; no user, query or fragment. */
  public static final String ENDPOINT =
      "^https://[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{1,5})?(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*/?$";

  /** A plain relative folder. */
  public static final String FOLDER =
      "^[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)*$";

  /** The path of a model's file; no part may start with a dot. */
  public static final String FILE =
      "^(LICENSE|NOTICE|([A-Za-z0-9_][A-Za-z0-9._+-]*/)*[A-Za-z0-9_][A-Za-z0-9._+-]*\\.(safetensors|json|txt|model|jinja|md|tiktoken|spm|bpe|vocab))$";

  /** The class name of a model. */
  public static final String ARCHITECTURE = "^[A-Za-z_][A-Za-z0-9_]{0,127}$";

  /** A release of vLLM. */
  public static final String VERSION = "^[0-9]+\\.[0-9]+\\.[0-9]+([.+a-z0-9-]*)$";

  /** A comma-joined list of comparisons of versions. */
  public static final String VERSION_RANGE =
      "^ *(<=?|>=?|==|!=)? *[0-9]+\\.[0-9]+[.+a-z0-9-]*( *, *(<=?|>=?|==|!=)? *[0-9]+\\.[0-9]+[.+a-z0-9-]*)* *$";

  private Patterns() {}
}
