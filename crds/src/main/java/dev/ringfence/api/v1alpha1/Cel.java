package dev.ringfence.api.v1alpha1;

/** CEL expressions that stand in more than one place or are too long to read beside a field. */
final class Cel {
  /** Reason that prints {@code Required value: message}. */
  static final String REQUIRED = "FieldValueRequired";

  /** Reason that prints {@code Forbidden: message}, without the value. */
  static final String FORBIDDEN = "FieldValueForbidden";

  static final String UP_TO_32 = "self >= 1 && self <= 32";
  static final String UP_TO_4096 = "self >= 1 && self <= 4096";
  static final String UP_TO_1048576 = "self >= 1 && self <= 1048576";
  static final String TEMPERATURE = "self >= 0.0 && self <= 2.0";

  static final String WORKLOAD_NAME =
      "self.metadata.name.matches(r'" + Patterns.NAME + "') && size(self.metadata.name) <= 41";
  static final String MODEL_OBJECT_NAME =
      "self.metadata.name.matches(r'"
          + Patterns.MODEL_NAME
          + "') && size(self.metadata.name) <= 63";
  static final String TENANT_NAME = "self.matches(r'" + Patterns.NAME + "') && size(self) <= 20";
  static final String MODEL_NAME =
      "self.matches(r'" + Patterns.MODEL_NAME + "') && size(self) <= 63";
  static final String OBJECT_NAME = "self.matches(r'" + Patterns.OBJECT_NAME + "')";
  static final String SERVED_NAME = "self.matches(r'" + Patterns.SERVED_NAME + "')";
  static final String IMAGE = "self.matches(r'" + Patterns.IMAGE + "')";
  static final String REPOSITORY =
      "self.matches(r'"
          + Patterns.REPOSITORY
          + "') && !self.contains('..') && !self.contains('--')";
  static final String COMMIT = "self.matches(r'" + Patterns.COMMIT + "')";
  static final String SHA256 = "self.matches(r'" + Patterns.SHA256 + "')";
  static final String ARCHITECTURE = "self.matches(r'" + Patterns.ARCHITECTURE + "')";
  static final String FOLDER = "self.matches(r'" + Patterns.FOLDER + "')";

  // What people mistake for the place of a secret is judged one level up, where the server prints
  // no value.
  static final String NAME_OF_OBJECT =
      "!has(self.name) || self.name.matches(r'" + Patterns.OBJECT_NAME + "')";
  static final String KEY_OF_SECRET =
      "!has(self.key) || (self.key.matches(r'"
          + Patterns.SECRET_KEY
          + "') && self.key != '.' && !self.key.startsWith('..'))";
  static final String PLAIN_ENDPOINT =
      "!has(self.endpoint) || self.endpoint.matches(r'" + Patterns.ENDPOINT + "')";

  static final String HAS_TENANTS = "has(self.tenants) && size(self.tenants) > 0";

  /**
   * Equal to the GPUs of the pod, of which there is 1 unless something else is said; a CPU engine
   * counts as 1.
   */
  static final String TENSOR_PARALLEL_SIZE =
      "!has(self.engine) || !has(self.engine.tensorParallelSize)"
          + " || self.engine.tensorParallelSize < 1 || self.engine.tensorParallelSize > 16"
          + " || (has(self.resources) && has(self.resources.gpus) && (self.resources.gpus < 0 || self.resources.gpus > 16))"
          + " || self.engine.tensorParallelSize =="
          + " (has(self.resources) && has(self.resources.gpus) && self.resources.gpus > 0 ? self.resources.gpus : 1)";

  /**
   * No Secret of keys for two tenant names, none of them a certificate or the hub token, no
   * certificate the hub token.
   */
  static final String SECRET_ROLES =
      "!has(self.tenants) || self.tenants.all(a,"
          + " (!has(a.apiKeySecretRef) || !has(a.apiKeySecretRef.name)"
          + " || (self.tenants.all(b, !has(b.apiKeySecretRef) || !has(b.apiKeySecretRef.name)"
          + " || b.name == a.name || b.apiKeySecretRef.name != a.apiKeySecretRef.name)"
          + " && self.tenants.all(b, !has(b.tlsSecretName) || b.tlsSecretName != a.apiKeySecretRef.name)"
          + " && (!has(self.model) || !has(self.model.tokenSecretRef) || !has(self.model.tokenSecretRef.name)"
          + " || self.model.tokenSecretRef.name != a.apiKeySecretRef.name)))"
          + " && (!has(a.tlsSecretName)"
          + " || (self.tenants.all(b, !has(b.tlsSecretName) || b.name == a.name"
          + " || b.tlsSecretName != a.tlsSecretName)"
          + " && (!has(self.model) || !has(self.model.tokenSecretRef) || !has(self.model.tokenSecretRef.name)"
          + " || self.model.tokenSecretRef.name != a.tlsSecretName))))";

  // Judged where both numbers are written and legal; the engine also judges what defaults come to.
  static final String REPLICAS_WITHIN_REQUESTS =
      "!has(self.replicas) || has(self.scaling) || !has(self.requestsPerMinute) || self.requestsPerMinute < 1"
          + " || self.replicas <= self.requestsPerMinute || self.replicas > 32";
  static final String SCALING_WITHIN_REQUESTS =
      "!has(self.scaling) || !has(self.scaling.maxReplicas) || !has(self.requestsPerMinute) || self.requestsPerMinute < 1"
          + " || self.scaling.maxReplicas <= self.requestsPerMinute || self.scaling.maxReplicas > 32";
  static final String REPLICAS_WITHIN_CONCURRENT =
      "!has(self.replicas) || has(self.scaling) || !has(self.maxConcurrentRequests) || self.maxConcurrentRequests < 1"
          + " || self.replicas <= self.maxConcurrentRequests || self.replicas > 32";
  static final String SCALING_WITHIN_CONCURRENT =
      "!has(self.scaling) || !has(self.scaling.maxReplicas) || !has(self.maxConcurrentRequests) || self.maxConcurrentRequests < 1"
          + " || self.scaling.maxReplicas <= self.maxConcurrentRequests || self.scaling.maxReplicas > 32";

  static final String DEFAULT_OUTPUT =
      "!has(self.defaultOutputTokens) || !has(self.maxOutputTokens) || self.defaultOutputTokens <= self.maxOutputTokens"
          + " || self.defaultOutputTokens > 4096 || self.maxOutputTokens < 1";

  /** Judged where every number is legal by itself. */
  static final String TEMPERATURE_ORDER =
      "[has(self.min) ? self.min : 0.0, has(self.default) ? self.default : 1.0, has(self.max) ? self.max : 2.0]"
          + ".exists(t, t < 0.0 || t > 2.0)"
          + " || ((!has(self.min) || !has(self.max) || self.min <= self.max)"
          + " && (!has(self.min) || !has(self.default) || self.min <= self.default)"
          + " && (!has(self.default) || !has(self.max) || self.default <= self.max))";

  /**
   * Positive, and not so large that the API server would silently store the largest it can hold.
   */
  static final String QUANTITY =
      "isQuantity(string(self)) && quantity(string(self)).isGreaterThan(quantity('0'))"
          + " && quantity(string(self)).isLessThan(quantity('9223372036854775807'))";

  static final String TMPFS_WITHIN_MEMORY =
      "!has(self.memory) || !isQuantity(string(self.memory))"
          + " || !quantity(string(self.memory)).isGreaterThan(quantity('0'))"
          + " || quantity(string(self.memory)).isGreaterThan("
          + "(has(self.sharedMemory) && isQuantity(string(self.sharedMemory)) ? quantity(string(self.sharedMemory)) : quantity('0'))"
          + ".add(has(self.scratch) && isQuantity(string(self.scratch)) ? quantity(string(self.scratch)) : quantity('0')))";

  static final String STORAGE_GROWS =
      "!has(self.size) || !has(oldSelf.size) || !isQuantity(string(self.size)) || !isQuantity(string(oldSelf.size))"
          + " || !quantity(string(self.size)).isLessThan(quantity(string(oldSelf.size)))";

  static final String STORAGE_CLASS_STAYS =
      "has(self.storageClassName) == has(oldSelf.storageClassName)"
          + " && (!has(self.storageClassName) || self.storageClassName == oldSelf.storageClassName)";

  static final String ACCESS_MODE_STAYS =
      "(has(self.accessMode) ? self.accessMode : 'ReadWriteMany')"
          + " == (has(oldSelf.accessMode) ? oldSelf.accessMode : 'ReadWriteMany')";

  static final String ARGUMENT =
      "self.matches(r'" + Patterns.ARGUMENT + "') && !self.contains('$(')";

  /** The grammar of paths, and the files that mean more than data to vLLM. */
  static final String FILE =
      "self.matches(r'"
          + Patterns.FILE
          + "') && !self.matches(r'(^|/)(params|adapter_config)\\.json$')";

  static final String FILE_SIZE =
      "!has(self.size) || self.size != 0 || self.path.endsWith('.txt') || self.path.endsWith('.md')";

  static final String FILES_COMPLETE =
      "self.exists(f, f.path == 'config.json') && self.exists(f, f.path.endsWith('.safetensors'))";

  static final String SMOKE_TEST =
      "!has(self.quantization) || !has(self.quantization.method) || self.quantization.method == 'none'"
          + " || (has(self.smokeTest) && size(self.smokeTest) > 0)";

  /** An extended resource that nobody shares by its name. */
  static final String GPU_RESOURCE =
      "self.contains('/') && !self.startsWith('hugepages-') && !self.endsWith('.shared')";

  static final String SOME_NAMESPACES =
      "(has(self.names) && size(self.names) > 0) || has(self.selector)";

  /**
   * Neither in nor around what a fetch Job must not reach; a range of the other family holds none
   * of these.
   */
  static final String EGRESS =
      "isCIDR(self) && cidr(self).prefixLength() > 0 && cidr(self) == cidr(self).masked()"
          + " && !cidr(self).ip().isLoopback() && !cidr(self).ip().isLinkLocalUnicast()"
          + " && !['127.0.0.1', '169.254.169.254', '100.100.100.200', '::1', 'fe80::1', 'fd00:ec2::254'].exists(a,"
          + " cidr(self).containsIP(a))";

  static final String WAIVABLE =
      "self in ['VLLM-207', 'VLLM-212', 'VLLM-706', 'VLLM-707', 'VLLM-709', 'VLLM-711']";

  /** One of the two is there. */
  static final String PEER = "has(self.namespaceSelector) || has(self.podSelector)";

  /**
   * A selector of namespaces names some; an empty one, or one of negations, would be every
   * namespace.
   */
  static final String NARROW =
      "!has(self.namespaceSelector)"
          + " || (has(self.namespaceSelector.matchLabels) && size(self.namespaceSelector.matchLabels) > 0)"
          + " || (has(self.namespaceSelector.matchExpressions) && self.namespaceSelector.matchExpressions.exists(e,"
          + " e.operator == 'In' && has(e.values) && size(e.values) > 0))";

  private Cel() {}
}
