package dev.ringfence.render;

/** Where things are in rendered pods. All are tmpfs, read-only volumes, or both. */
final class Paths {
  /** The run folder that guard and engine share (tmpfs). */
  static final String RUN = "/run/engine";

  /** The engine's API. */
  static final String SOCKET = RUN + "/engine.sock";

  /** The guard's private tmpfs, which the engine sees read-only. */
  static final String SERVED = "/run/served";

  /**
   * The folder that the engine serves: verified copies of the small files, links to the weights.
   */
  static final String SERVED_MODEL = SERVED + "/model";

  /** What the init container has verified, for the guard. */
  static final String VERIFIED = SERVED + "/verified.json";

  /** The model's volume, at the same place in guard and engine: the served folder links into it. */
  static final String MODEL = "/model";

  /** The claim in the fetch Job; a model's folder is named by the digest of its file list. */
  static final String CLAIM = "/models";

  /** {@code guard.json} and {@code model.json}. A folder, never a subPath: it is re-read live. */
  static final String POLICY = "/etc/ringfence";

  static final String GUARD_JSON = POLICY + "/guard.json";
  static final String MODEL_JSON = POLICY + "/model.json";

  static final String KEYS = "/run/keys";
  static final String TLS = "/run/tls";
  static final String TOKEN = "/run/token";
  static final String CA = "/etc/ringfence-ca";
  static final String SHARED_MEMORY = "/dev/shm";

  /** The engine's scratch and home (tmpfs). */
  static final String TMP = "/tmp";

  private Paths() {}
}
