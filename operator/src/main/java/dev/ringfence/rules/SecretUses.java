package dev.ringfence.rules;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ringfence.rules.Surroundings.SecretUse;
import dev.ringfence.rules.Surroundings.SecretUse.Role;
import java.util.ArrayList;
import java.util.List;

/** What a VLLMDeployment uses Secrets for, read from its tree whether it is valid or not. */
public final class SecretUses {
  private SecretUses() {}

  public static List<SecretUse> of(JsonNode object) {
    List<SecretUse> uses = new ArrayList<>();
    JsonNode spec = object.path("spec");
    add(uses, spec.path("model").path("tokenSecretRef").path("name"), Role.TOKEN, "");
    for (JsonNode tenant : spec.path("tenants")) {
      String name = tenant.path("name").asText("");
      add(uses, tenant.path("apiKeySecretRef").path("name"), Role.KEYS, name);
      add(uses, tenant.path("tlsSecretName"), Role.TLS, name);
    }
    return List.copyOf(uses);
  }

  private static void add(List<SecretUse> uses, JsonNode secret, Role role, String tenant) {
    if (secret.isTextual()) {
      uses.add(new SecretUse(secret.textValue(), role, tenant));
    }
  }

  /** Whether a Secret cannot serve both. */
  static boolean conflict(SecretUse a, SecretUse b) {
    return a.secret().equals(b.secret())
        && (a.role() != b.role() || !a.tenant().equals(b.tenant()));
  }
}
