package dev.ringfence.api.v1alpha1;

/** How many items a list and how many characters a string may have. */
final class Bounds {
  static final int TENANTS = 64;
  static final int SERVED_NAMES = 16;
  static final int ARGUMENTS = 64;
  static final int ARGUMENT_LENGTH = 1024;
  static final int VARIABLES = 64;
  static final int VARIABLE_LENGTH = 1024;
  static final int TOLERATIONS = 16;
  static final int NODE_LABELS = 64;
  static final int PEERS = 16;
  static final int SELECTOR_LABELS = 64;
  static final int SELECTOR_EXPRESSIONS = 16;
  static final int SELECTOR_VALUES = 64;
  static final int NAMESPACES = 256;
  static final int FILES = 512;
  static final int FILE_PATH = 256;
  static final int SMOKE_TESTS = 16;
  static final int ARCHITECTURES = 16;
  static final int IMAGES = 64;
  static final int IMAGE_LENGTH = 512;
  static final int OVERRIDES = 32;
  static final int WAIVERS = 64;
  static final int NAMES = 64;
  static final int VIOLATIONS = 32;
  static final int CONDITIONS = 32;
  static final int NAME = 253;
  static final int REASON = 512;

  private Bounds() {}
}
