package dev.ringfence.reconcile;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.ringfence.render.Ports;
import dev.ringfence.status.GuardState;
import io.fabric8.kubernetes.api.model.Pod;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * Reads {@code /state} over HTTP: two seconds for all of it, 64 KiB, no redirect. A guard is not
 * trusted with more.
 */
public final class HttpGuardReader implements GuardReader, AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(2);
  private static final int MOST_BYTES = 64 * 1024;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .followRedirects(HttpClient.Redirect.NEVER)
          .connectTimeout(PATIENCE)
          .executor(threads)
          .build();
  private final Function<Pod, Optional<URI>> address;

  /** By the pods' own addresses. */
  public HttpGuardReader() {
    this(HttpGuardReader::address);
  }

  HttpGuardReader(Function<Pod, Optional<URI>> address) {
    this.address = address;
  }

  private static Optional<URI> address(Pod pod) {
    String ip = pod.getStatus() == null ? null : pod.getStatus().getPodIP();
    return ip == null || !ip.matches("[0-9a-fA-F.:]+")
        ? Optional.empty()
        : Optional.of(
            URI.create(
                "http://"
                    + (ip.contains(":") ? "[" + ip + "]" : ip)
                    + ":"
                    + Ports.ADMIN
                    + "/state"));
  }

  @Override
  public List<GuardState> read(List<Pod> pods) {
    List<Callable<Optional<GuardState>>> requests =
        pods.stream()
            .flatMap(pod -> address.apply(pod).stream())
            .<Callable<Optional<GuardState>>>map(uri -> () -> read(uri))
            .toList();
    List<GuardState> states = new ArrayList<>();
    try {
      for (Future<Optional<GuardState>> answer :
          threads.invokeAll(requests, PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
        if (!answer.isCancelled()) {
          answer.get().ifPresent(states::add);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    }
    return states;
  }

  private Optional<GuardState> read(URI uri) throws InterruptedException {
    try {
      HttpResponse<InputStream> response =
          http.send(
              HttpRequest.newBuilder(uri).timeout(PATIENCE).GET().build(),
              HttpResponse.BodyHandlers.ofInputStream());
      try (InputStream body = response.body()) {
        byte[] bytes = body.readNBytes(MOST_BYTES + 1);
        if (response.statusCode() != 200 || bytes.length > MOST_BYTES) {
          return Optional.empty();
        }
        JsonNode state = JSON.readTree(bytes);
        return state.isObject() ? Optional.of(GuardState.of(state)) : Optional.empty();
      }
    } catch (IOException e) {
      // Nobody there, too slow, or no JSON: it has not answered.
      return Optional.empty();
    }
  }

  @Override
  public void close() {
    http.shutdownNow();
    threads.shutdownNow();
  }
}
