package dev.ringfence.inspect;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.HttpResponse;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Reads of an API server as JSON trees: what a program of another version, or a person, has written
 * there cannot stop the look at it.
 */
public final class Api {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String ANY = "application/json";

  /**
   * Asks for an object without its content: name, labels, times. The server itself leaves it out.
   */
  private static final String METADATA_ONLY =
      "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";

  private static final int PATIENCE_SECONDS = 15;
  private static final int PAGE = 500;

  private final KubernetesClient client;
  private final String server;

  public Api(KubernetesClient client) {
    this.client = client;
    this.server = client.getConfiguration().getMasterUrl().replaceAll("/+$", "");
  }

  /** The API server's address. */
  public String server() {
    return server;
  }

  /**
   * @param path such as {@code /api/v1/namespaces/default}
   * @throws Unreachable when there is no answer that could be understood
   */
  public Answer get(String path) {
    return get(path, ANY);
  }

  /** The same without content: of a Secret the server sends no value. */
  public Answer metadata(String path) {
    return get(path, METADATA_ONLY);
  }

  /** All items of a list, page by page. */
  public Answer list(String path) {
    return list(path, "");
  }

  /**
   * @param selector of labels, empty for all
   */
  public Answer list(String path, String selector) {
    ArrayNode all = JsonNodeFactory.instance.arrayNode();
    String next = "";
    do {
      String query =
          "?limit="
              + PAGE
              + (selector.isEmpty() ? "" : "&labelSelector=" + encoded(selector))
              + (next.isEmpty() ? "" : "&continue=" + encoded(next));
      Answer page = get(path + query, ANY);
      if (!(page instanceof Answer.Found found)) {
        return page;
      }
      found.json().path("items").forEach(all::add);
      next = found.json().path("metadata").path("continue").asText("");
    } while (!next.isEmpty());
    return new Answer.Found(all);
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  private Answer get(String path, String accept) {
    try {
      HttpRequest request =
          client
              .getHttpClient()
              .newHttpRequestBuilder()
              .uri(URI.create(server + path))
              .header("Accept", accept)
              .build();
      HttpResponse<byte[]> response =
          client
              .getHttpClient()
              .sendAsync(request, byte[].class)
              .get(PATIENCE_SECONDS, TimeUnit.SECONDS);
      return switch (response.code()) {
        case 200 -> new Answer.Found(read(response.body()));
        case 403 -> new Answer.Forbidden();
        case 404 -> new Answer.Absent();
        case 401 ->
            throw new Unreachable(
                "the API server "
                    + server
                    + " does not know you; check the kubeconfig's user: kubectl auth whoami");
        default ->
            throw new Unreachable(
                "the API server " + server + " answers with code " + response.code());
      };
    } catch (IOException | ExecutionException | TimeoutException | IllegalArgumentException e) {
      throw new Unreachable(
          "the API server "
              + server
              + " cannot be reached; check the kubeconfig and the network: kubectl cluster-info");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Unreachable("interrupted");
    }
  }

  private static JsonNode read(byte[] body) throws IOException {
    return JSON.readTree(body);
  }
}
