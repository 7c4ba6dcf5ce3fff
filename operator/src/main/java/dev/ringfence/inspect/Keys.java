package dev.ringfence.inspect;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/** Which Secret holds a tenant's keys, and what the guards have loaded of it. Never a key. */
public final class Keys {
  private Keys() {}

  private record Row(String tenant, String secret, String ids, String generation, String state) {}

  /** Whether every tenant that is wanted has keys, as far as can be seen. */
  public static boolean complete(Subject subject) {
    return rows(subject).stream().noneMatch(r -> r.state().startsWith("VLLM-"));
  }

  public static String of(Subject subject) {
    List<Row> rows = new ArrayList<>();
    rows.add(new Row("TENANT", "SECRET", "IDS", "GENERATION", "STATE"));
    rows.addAll(rows(subject));
    int tenant = rows.stream().mapToInt(r -> r.tenant().length()).max().orElse(0);
    int secret = rows.stream().mapToInt(r -> r.secret().length()).max().orElse(0);
    List<String> lines = new ArrayList<>();
    for (Row r : rows) {
      lines.add(
          ("%-" + tenant + "s  %-" + secret + "s  %-4s  %-10s  %s")
              .formatted(r.tenant(), r.secret(), r.ids(), r.generation(), r.state()));
    }
    List<String> pages = Subject.pages(String.join("\n", lines));
    if (!pages.isEmpty()) {
      lines.add("");
      lines.addAll(pages);
    }
    return String.join("\n", lines) + "\n";
  }

  private static List<Row> rows(Subject subject) {
    List<Row> rows = new ArrayList<>();
    for (JsonNode tenant : subject.tenants()) {
      String name = tenant.path("name").asText();
      String secret = tenant.path("apiKeySecretRef").path("name").asText("");
      JsonNode status = subject.tenantStatus(name);
      JsonNode keys = status.path("keys");
      boolean loaded = keys.path("ids").asInt(0) > 0;
      String state =
          switch (subject.secrets().getOrDefault(secret, new Answer.Absent())) {
            case Answer.Absent ignored -> "VLLM-501 there is no such Secret";
            case Answer.Forbidden ignored ->
                loaded ? "in force" : "you may not look for the Secret";
            case Answer.Found ignored ->
                loaded
                    ? "in force"
                    : keys.isMissingNode()
                        ? "the Secret is there, no guard has said yet"
                        : "VLLM-501 the Secret is there and opens nothing: "
                            + Subject.plain(status.path("message").asText("it holds no key"));
          };
      rows.add(
          new Row(
              name,
              Subject.plain(secret),
              keys.has("ids") ? keys.path("ids").asText() : "-",
              keys.has("generation") ? keys.path("generation").asText() : "-",
              state));
    }
    return rows;
  }
}
