package dev.ringfence.inspect;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ringfence.inspect.Subject.Kind;
import java.util.ArrayList;
import java.util.List;

/** A workload, its tenants, and what was made for each of them. */
public final class Tree {
  private final Subject subject;
  private final List<String> lines = new ArrayList<>();

  /** A line and what hangs below it. */
  private record Branch(String text, List<Branch> below) {
    static Branch leaf(String text) {
      return new Branch(text, List.of());
    }
  }

  private Tree(Subject subject) {
    this.subject = subject;
  }

  public static String of(Subject subject) {
    return new Tree(subject).text();
  }

  private String text() {
    Subject.Condition ready = subject.condition("Ready");
    lines.add(
        "VLLMDeployment "
            + subject.title()
            + "  "
            + (ready.status().isEmpty()
                ? "not looked at yet"
                : "Ready=" + ready.status() + " (" + ready.reason() + ")"));
    List<Branch> top = new ArrayList<>();
    top.add(model());
    for (JsonNode claim : subject.children(Kind.PersistentVolumeClaim, "")) {
      top.add(
          Branch.leaf(
              "PersistentVolumeClaim "
                  + Subject.nameOf(claim)
                  + "  "
                  + claim.path("status").path("phase").asText("no phase yet")));
    }
    for (JsonNode job : subject.children(Kind.Job, "")) {
      List<Branch> pods =
          subject.children(Kind.Pod, "").stream()
              .map(p -> Branch.leaf("Pod " + Subject.nameOf(p) + "  " + PodState.of(p)))
              .toList();
      top.add(new Branch("Job " + Subject.nameOf(job) + "  " + job(job), pods));
    }
    subject.tenants().forEach(t -> top.add(tenant(t)));
    draw(top, "");
    return String.join("\n", lines) + "\n";
  }

  private Branch model() {
    String name = subject.workload().path("spec").path("model").path("ref").asText("");
    String state =
        switch (subject.model()) {
          case Answer.Found found ->
              found.json().path("spec").path("revoked").isObject() ? "revoked" : "listed";
          case Answer.Absent ignored -> "not in the catalogue";
          case Answer.Forbidden ignored -> "you may not read it";
        };
    return Branch.leaf("TrustedModel " + Subject.plain(name) + "  " + state);
  }

  private static String job(JsonNode job) {
    JsonNode status = job.path("status");
    return status.path("succeeded").asInt(0) > 0
        ? "done"
        : status.path("active").asInt(0) > 0
            ? "fetching" + failures(status)
            : "not running" + failures(status);
  }

  private static String failures(JsonNode status) {
    int failed = status.path("failed").asInt(0);
    return failed == 0 ? "" : ", " + failed + " failed";
  }

  private Branch tenant(JsonNode tenant) {
    String name = tenant.path("name").asText();
    JsonNode status = subject.tenantStatus(name);
    List<Branch> below = new ArrayList<>();
    below.add(secret(tenant.path("apiKeySecretRef").path("name").asText(""), "keys"));
    String tls = tenant.path("tlsSecretName").asText("");
    if (!tls.isEmpty()) {
      below.add(secret(tls, "TLS"));
    }
    for (Kind kind : Kind.values()) {
      if (kind == Kind.Pod || kind == Kind.Job || kind == Kind.PersistentVolumeClaim) {
        continue;
      }
      if (subject.hidden(kind)) {
        below.add(Branch.leaf(kind + "s: you may not read them"));
      }
      subject.children(kind, name).forEach(child -> below.add(child(kind, child, name)));
    }
    return new Branch(
        "tenant "
            + name
            + "  "
            + (status.isMissingNode()
                ? "nothing is known of it yet"
                : status.path("readyReplicas").asInt(0)
                    + "/"
                    + status.path("replicas").asInt(0)
                    + " ready  "
                    + status.path("url").asText("")),
        below);
  }

  private Branch secret(String name, String role) {
    String state =
        switch (subject.secrets().getOrDefault(name, new Answer.Absent())) {
          case Answer.Found ignored -> "is there";
          case Answer.Absent ignored -> "MISSING";
          case Answer.Forbidden ignored -> "you may not look";
        };
    return Branch.leaf("Secret " + Subject.plain(name) + "  " + role + ", " + state);
  }

  private Branch child(Kind kind, JsonNode child, String tenant) {
    String head = kind + " " + Subject.nameOf(child);
    return switch (kind) {
      case Deployment ->
          new Branch(
              head
                  + "  "
                  + child.path("status").path("readyReplicas").asInt(0)
                  + "/"
                  + child.path("spec").path("replicas").asInt(0),
              subject.children(Kind.Pod, tenant).stream()
                  .map(p -> Branch.leaf("Pod " + Subject.nameOf(p) + "  " + PodState.of(p)))
                  .toList());
      case Service ->
          Branch.leaf(
              head
                  + "  "
                  + child.path("spec").path("clusterIP").asText("")
                  + ":"
                  + child.path("spec").path("ports").path(0).path("port").asInt());
      case NetworkPolicy ->
          Branch.leaf(
              head
                  + "  in from "
                  + child.path("spec").path("ingress").size()
                  + " rules, "
                  + (child.path("spec").path("egress").isEmpty() ? "out to nobody" : "OUT OPEN"));
      default -> Branch.leaf(head);
    };
  }

  private void draw(List<Branch> branches, String indent) {
    for (int i = 0; i < branches.size(); i++) {
      boolean last = i == branches.size() - 1;
      lines.add(indent + (last ? "`- " : "|- ") + branches.get(i).text().stripTrailing());
      draw(branches.get(i).below(), indent + (last ? "   " : "|  "));
    }
  }
}
