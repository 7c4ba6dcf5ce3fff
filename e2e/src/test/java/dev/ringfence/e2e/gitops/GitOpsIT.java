package dev.ringfence.e2e.gitops;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ringfence.e2e.cluster.LocalControlPlane;
import dev.ringfence.e2e.cluster.TestNamespace;
import dev.ringfence.e2e.cluster.WithControlPlane;
import dev.ringfence.e2e.reconcile.Bench;
import dev.ringfence.e2e.reconcile.Samples;
import dev.ringfence.resources.RawModel;
import dev.ringfence.resources.RawObject;
import dev.ringfence.resources.RawPolicy;
import dev.ringfence.resources.RawWorkload;
import io.fabric8.kubernetes.api.model.ManagedFieldsEntry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every state of our objects as Argo CD and Flux show it, and the examples applied twice. */
@WithControlPlane
final class GitOpsIT {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String EXAMPLES = "../deploy/gitops/";

  @TempDir private @Nullable Path folder;
  private final LocalControlPlane plane;
  private final TestNamespace namespace;
  private final Bench bench;

  GitOpsIT(LocalControlPlane plane, TestNamespace namespace) {
    this.plane = plane;
    this.namespace = namespace;
    this.bench = new Bench(plane, Set.of(namespace.name(), "team-support"));
  }

  @AfterEach
  void stop() {
    bench.close();
  }

  private void shows(String state, RawObject object, String argo, String flux) {
    JsonNode tree = object.tree();
    ObjectNode whole = (ObjectNode) tree.deepCopy();
    // As the API server shows it: what is sent has neither.
    if (!object.status().isEmpty()) {
      whole.set("status", object.status());
    }
    ((ObjectNode) whole.path("metadata")).put("generation", object.getMetadata().getGeneration());
    ArgoHealth.Health health = ArgoHealth.of(whole, requireNonNull(folder));
    assertThat(health.status()).as("%s in Argo CD, from %s", state, whole).isEqualTo(argo);
    assertThat(health.message()).as(state).isNotBlank();
    assertThat(FluxHealth.of(whole)).as("%s in Flux, from %s", state, whole).isEqualTo(flux);
  }

  @Test
  void everyStateIsShownAsWhatItIs() {
    RawPolicy policy = bench.apply(Samples.policy());
    RawModel model = bench.apply(Samples.imageModel("mistral"));
    RawWorkload chat = Samples.workload(namespace.name(), "chat", "mistral", "acme");
    ((ObjectNode) chat.spec()).putObject("engine").put("maxModelLen", 4096);
    chat = bench.apply(chat);
    // Nobody has looked yet: the definitions give a new object the observed generation -1.
    shows("a new workload", chat, "Progressing", "InProgress");
    shows("a new policy", policy, "Progressing", "InProgress");

    bench.start();
    bench.awaitReady(chat);
    Bench.until("the model is judged", () -> !there(model).status().path("conditions").isEmpty());
    shows("serving", bench.get(chat), "Healthy", "Current");
    shows("the policy in force", there(policy), "Healthy", "Current");
    shows("a model in the catalogue", there(model), "Healthy", "Current");

    RawWorkload bad = Samples.workload(namespace.name(), "bad", "no-such-model", "acme");
    bad = bench.apply(bad);
    bench.awaitCondition(bad, "Accepted", "False");
    shows("rejected", bench.get(bad), "Degraded", "Failed");

    RawWorkload waiting = Samples.workload(namespace.name(), "waiting", "mistral", "acme");
    ((ObjectNode) waiting.spec())
        .putObject("scheduling")
        .putObject("nodeSelector")
        .put("no", "node");
    waiting = bench.apply(waiting);
    bench.awaitCondition(waiting, "Reconciling", "True");
    shows("waiting for a node", bench.get(waiting), "Progressing", "InProgress");

    bench.edit(chat, spec -> spec.withObjectProperty("engine").put("maxModelLen", 8192));
    RawWorkload edited = bench.client().resource(chat).require();
    if (edited.status().path("observedGeneration").asLong()
        != edited.getMetadata().getGeneration()) {
      shows("edited, not looked at", edited, "Progressing", "InProgress");
    }
    bench.awaitCondition(chat, "Accepted", "False/HeldSpec");
    shows("held after a bad edit", bench.get(chat), "Degraded", "Failed");
    bench.edit(chat, spec -> spec.withObjectProperty("engine").put("maxModelLen", 4096));
    bench.awaitReady(chat);

    bench.editPolicy(spec -> spec.putObject("limits").put("maxModelLen", 2048));
    bench.awaitCondition(chat, "Accepted", "False/HeldPolicy");
    shows("held by a tighter policy", bench.get(chat), "Healthy", "Current");
    bench.editPolicy(spec -> spec.remove("limits"));
    bench.awaitReady(chat);

    bench.edit(chat, spec -> spec.put("suspended", true));
    bench.awaitCondition(chat, "Ready", "True/Suspended");
    shows("suspended", bench.get(chat), "Healthy", "Current");
    bench.edit(chat, spec -> spec.remove("suspended"));
    bench.awaitReady(chat);

    bench.editPolicy(spec -> spec.withObjectProperty("engine").put("minimumVersion", "0.1.0"));
    Bench.until(
        "the policy is judged", () -> there(policy).status().toString().contains("Invalid"));
    shows("an invalid policy", there(policy), "Degraded", "Failed");
    bench.editPolicy(spec -> spec.withObjectProperty("engine").remove("minimumVersion"));
    bench.change(
        model, m -> ((ObjectNode) m.spec()).putObject("revoked").put("reason", "poisoned"));
    bench.awaitCondition(chat, "Accepted", "False/ContentRefused");
    shows("stopped by a revoked model", bench.get(chat), "Degraded", "Failed");
    Bench.until("the model says so", () -> there(model).status().toString().contains("Revoked"));
    shows("a revoked model", there(model), "Suspended", "Current");
  }

  private <R extends RawObject> R there(R object) {
    return bench.client().resource(object).require();
  }

  @Test
  void theExamplesAppliedTwiceChangeNothing() throws IOException, InterruptedException {
    bench.start();
    for (String part : List.of("platform", "teams/support")) {
      assertThat(kubectl("apply", "--server-side", "-k", EXAMPLES + part).code()).isZero();
    }
    RawWorkload chat = Samples.workload("team-support", "chat", "mistral-7b-instruct", "desk");
    bench.awaitReady(chat);
    Bench.pause(java.time.Duration.ofSeconds(3));
    Map<String, String> before = versions(chat);
    for (String part : List.of("platform", "teams/support")) {
      Answer again = kubectl("apply", "--server-side", "-k", EXAMPLES + part);
      assertThat(again.code()).as(again.text()).isZero();
      Answer diff = kubectl("diff", "--server-side", "-k", EXAMPLES + part);
      assertThat(diff.text()).as("kubectl diff").isEmpty();
      assertThat(diff.code()).isZero();
    }
    assertThat(versions(chat)).isEqualTo(before);
    for (RawObject object : objects(chat)) {
      List<String> written = new ArrayList<>();
      for (ManagedFieldsEntry entry : object.getMetadata().getManagedFields()) {
        if (!entry.getManager().equals("kubectl")) {
          written.add(
              entry.getManager()
                  + " "
                  + JSON.valueToTree(entry.getFieldsV1()).properties().stream()
                      .map(Map.Entry::getKey)
                      .toList());
        }
      }
      assertThat(written)
          .as("what anybody but kubectl has written of %s", object.getMetadata().getName())
          .allMatch(w -> w.endsWith("[f:status]"));
    }
    bench.client().namespaces().withName("team-support").delete();
  }

  private List<RawObject> objects(RawWorkload chat) {
    return List.of(
        bench.client().resource(Samples.policy()).require(),
        bench.client().resources(RawModel.class).withName("mistral-7b-instruct").require(),
        bench.get(chat));
  }

  private Map<String, String> versions(RawWorkload chat) {
    Map<String, String> versions = new TreeMap<>();
    objects(chat)
        .forEach(
            o -> versions.put(o.getMetadata().getName(), o.getMetadata().getResourceVersion()));
    return versions;
  }

  private record Answer(int code, String text) {}

  private Answer kubectl(String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(plane.kubectl().toString()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("KUBECONFIG", plane.kubeconfig().toString());
    Process process = builder.start();
    process.getOutputStream().close();
    String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return new Answer(process.exitValue(), text);
  }
}
