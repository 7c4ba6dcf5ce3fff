package dev.ringfence.guard;

/** The rules that the guard enforces; the ids of the project's one rule table. */
public enum Rule {
  PREFIX_CACHING(101),
  KV_OFFLOAD(104),
  MEMORY_FRACTION(201),
  NO_SWAP(202),
  CONTEXT_LENGTH(206),
  ENGINE_VERSION(207),
  THROUGH_GUARD(301),
  OUTPUT_TOKENS(302),
  REQUESTS_PER_MINUTE(303),
  CONCURRENT_REQUESTS(304),
  TOKENS_PER_MINUTE(305),
  REQUEST_FIELDS(306),
  MODEL_NAME(401),
  NO_CODE(402),
  SAFETENSORS_ONLY(403),
  PINNED(404),
  FILE_DIGESTS(405),
  HUB_TOKEN(406),
  NO_SECOND_MODEL(407),
  NO_EGRESS(409),
  API_KEYS(501),
  PROMPT_LENGTH(502),
  SAMPLING(503),
  DENY_PATTERNS(504),
  ENDPOINTS(505),
  POLICY(507),
  NETWORK(509),
  TLS(511),
  QUANTIZED_ENTRY(601),
  QUANTIZATION_METHOD(602),
  SMOKE_TEST(603),
  QUANTIZATION_PARAMETERS(604);

  private final String id;

  Rule(int number) {
    id = "VLLM-" + number;
  }

  /** For example {@code VLLM-101}. */
  public String id() {
    return id;
  }
}
