package dev.ringfence.api.v1alpha1;

/**
 * How many items a list and how many characters a string may have. What a CEL rule reads is bounded
 * by the cost that the API server estimates for it from these numbers (10 million a rule, 100
 * million a definition; docs/decisions/0020 has the figures); the rest by the size of a stored
 * object (1.5 MiB in etcd).
 */
final class Bounds {
  /** Rule 510 compares every pair: 1.4 million of 10; 171 tenants would exhaust it. */
  static final int TENANTS = 64;

  /** Each is matched: 919 a name. */
  static final int SERVED_NAMES = 16;

  /** Each is matched over its length: 1,233 an argument, 79 thousand together. */
  static final int ARGUMENTS = 64;

  static final int ARGUMENT_LENGTH = 1024;

  /** No rule reads them. With their length 128 KiB of the object. */
  static final int VARIABLES = 64;

  static final int VARIABLE_LENGTH = 1024;

  /** No rule reads them; one for each pool of GPU nodes is plenty. */
  static final int TOLERATIONS = 16;

  /** A rule asks for one key of this map, which costs nothing. */
  static final int NODE_LABELS = 64;

  /** With the expressions of each: 207 a peer; without a bound on both the rule is refused. */
  static final int PEERS = 16;

  static final int SELECTOR_LABELS = 64;
  static final int SELECTOR_EXPRESSIONS = 16;

  /** A rule asks for their number alone. */
  static final int SELECTOR_VALUES = 64;

  /** A rule asks for their number alone; 16 KiB in each of 64 waivers at most. */
  static final int NAMESPACES = 256;

  /**
   * Each path is matched: 4,638 a file, 2.4 million together; 2,156 files would exhaust the rule.
   */
  static final int FILES = 512;

  static final int FILE_PATH = 256;

  /** A rule asks for three fields of each. */
  static final int SMOKE_TESTS = 16;

  /** Each is matched: 825 a name. */
  static final int ARCHITECTURES = 16;

  /** Each reference is matched: 5,946 an image, 381 thousand together. */
  static final int IMAGES = 64;

  /** 255 of a name, 128 of a tag, 71 of a digest, and some. */
  static final int IMAGE_LENGTH = 512;

  /** A handful of rules on each field of limits: 4 a field. */
  static final int OVERRIDES = 32;

  /** 17 a waiver. */
  static final int WAIVERS = 64;

  /** Lists of names in a policy: at most 134 an item where a rule reads them. */
  static final int NAMES = 64;

  /** No rule reads a status. */
  static final int VIOLATIONS = 32;

  static final int CONDITIONS = 32;

  /**
   * The longest name of a Kubernetes object. Where a name is shorter, CEL says so with its rule.
   */
  static final int NAME = 253;

  /** Texts that people write to people. */
  static final int REASON = 512;

  private Bounds() {}
}
