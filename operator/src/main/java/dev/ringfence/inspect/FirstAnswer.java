package dev.ringfence.inspect;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ringfence.inspect.Subject.Kind;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;

/**
 * One question to a guard, as a client asks it.
 *
 * @param given whether the model has answered
 * @param text the answer, or why there is none
 */
public record FirstAnswer(boolean given, String text) {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  /** The pod to ask, and the model's name in requests. */
  public record Target(String pod, String model) {}

  /**
   * @param tenant empty for the first that is wanted
   * @throws Unreachable when there is nothing to ask
   */
  public static Target target(Subject subject, String tenant) {
    for (JsonNode t : subject.tenants()) {
      String name = t.path("name").asText();
      if (!tenant.isEmpty() && !tenant.equals(name)) {
        continue;
      }
      for (JsonNode pod : subject.children(Kind.Pod, name)) {
        if (PodState.of(pod).startsWith("ready")) {
          String served =
              subject.workload().path("spec").path("model").path("servedNames").path(0).asText("");
          return new Target(Subject.nameOf(pod), served.isEmpty() ? subject.name() : served);
        }
      }
    }
    throw new Unreachable(
        "no pod of "
            + subject.title()
            + (tenant.isEmpty() ? "" : " tenant " + tenant)
            + " is ready");
  }

  /** Asks; what the guard says against it is passed on. */
  public static FirstAnswer ask(URI guard, String model, String key, String question) {
    ObjectNode body = JSON.createObjectNode();
    body.put("model", model);
    body.putArray("messages").addObject().put("role", "user").put("content", question);
    if (!key.matches("[A-Za-z0-9_-]{1,200}")) {
      return new FirstAnswer(false, "the key file does not hold one key");
    }
    try (HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
      HttpResponse<String> response =
          client.send(
              HttpRequest.newBuilder(guard.resolve("/v1/chat/completions"))
                  .header("Authorization", "Bearer " + key)
                  .header("Content-Type", "application/json")
                  .timeout(PATIENCE)
                  .POST(HttpRequest.BodyPublishers.ofString(body.toString()))
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      JsonNode json = JSON.readTree(response.body());
      return response.statusCode() == 200
          ? new FirstAnswer(
              true,
              Subject.plain(
                  json.path("choices").path(0).path("message").path("content").asText("")))
          : new FirstAnswer(
              false,
              "refused with "
                  + response.statusCode()
                  + ": "
                  + Subject.plain(json.path("error").path("code").asText(""))
                  + " "
                  + Subject.plain(json.path("error").path("message").asText("")));
    } catch (IOException e) {
      return new FirstAnswer(false, "the guard does not answer");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new FirstAnswer(false, "interrupted");
    }
  }
}
