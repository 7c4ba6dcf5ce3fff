package dev.ringfence.guard.fetch;

import dev.ringfence.guard.model.ModelDocument;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

/**
 * Asks a hub. Redirects are followed by hand: the token never goes to another host, nothing goes
 * over plain HTTP, and nothing further inside than the address that the TrustedModel names.
 */
public final class Http {
  private static final int MOST_REDIRECTS = 5;
  private static final Duration CONNECT = Duration.ofSeconds(20);
  private static final Duration ANSWER = Duration.ofSeconds(60);

  private static final String HUB_HOST = String.valueOf(URI.create(ModelDocument.HUB).getHost());

  private final HttpClient client;
  private final Optional<String> token;
  private final boolean proxied;

  /**
   * @param proxy {@code http://HOST:PORT} of a proxy for all requests
   * @param ca certificates to trust besides the platform's
   * @param token what is sent to the host that is asked, and to no other
   */
  public Http(Optional<URI> proxy, Optional<Path> ca, Optional<String> token) throws FetchFault {
    HttpClient.Builder builder =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(CONNECT);
    proxy.ifPresent(
        p ->
            builder.proxy(
                ProxySelector.of(
                    new InetSocketAddress(p.getHost(), p.getPort() < 0 ? 80 : p.getPort()))));
    if (ca.isPresent()) {
      builder.sslContext(trusting(ca.get()));
    }
    this.client = builder.build();
    this.token = token;
    this.proxied = proxy.isPresent();
  }

  /** A proxy's address, without a credential in it. */
  public static URI proxy(String text) throws FetchFault {
    try {
      URI uri = URI.create(text);
      if (("http".equals(uri.getScheme()) || "https".equals(uri.getScheme()))
          && uri.getHost() != null
          && uri.getUserInfo() == null) {
        return uri;
      }
    } catch (IllegalArgumentException e) {
      // Said below.
    }
    throw FetchFault.of("--proxy must be http://HOST:PORT, without a credential");
  }

  /** An answer whose body the caller reads and closes. */
  public record Answer(int status, HttpHeaders headers, InputStream body) implements AutoCloseable {
    @Override
    public void close() throws IOException {
      body.close();
    }
  }

  /**
   * Asks for a resource, following redirects.
   *
   * @param range the value of the header Range, if any
   */
  public Answer get(URI start, Optional<String> range) throws FetchFault, IOException {
    URI uri = start;
    Network asked = network(start);
    if (asked != Network.PUBLIC && HUB_HOST.equalsIgnoreCase(start.getHost())) {
      throw FetchFault.of(
          "the hub's name leads to a private address here; a mirror must be named as the TrustedModel's endpoint");
    }
    for (int i = 0; i <= MOST_REDIRECTS; i++) {
      HttpRequest.Builder request =
          HttpRequest.newBuilder(uri)
              .timeout(ANSWER)
              .header("User-Agent", "ringfence")
              .header("Accept-Encoding", "identity");
      range.ifPresent(r -> request.header("Range", r));
      if (token.isPresent() && sameHost(uri, start)) {
        request.header("Authorization", "Bearer " + token.get());
      }
      HttpResponse<InputStream> response;
      try {
        response = client.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
      } catch (SSLException e) {
        throw FetchFault.of(
            "the certificate of "
                + host(uri)
                + " is not trusted, or TLS failed; a company's certificates go into --ca");
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw FetchFault.of("interrupted");
      } catch (IllegalArgumentException e) {
        throw FetchFault.of("an address is malformed");
      }
      int status = response.statusCode();
      if (status != 301 && status != 302 && status != 303 && status != 307 && status != 308) {
        return new Answer(status, response.headers(), response.body());
      }
      response.body().close();
      uri = target(uri, response.headers().firstValue("location").orElse(""));
      if (network(uri).compareTo(asked) > 0) {
        throw FetchFault.of(
            "the hub redirects to an address further inside than its own: private, or of this machine");
      }
    }
    throw FetchFault.of("the hub redirects too often");
  }

  /**
   * Where an address leads; what no hub is at is refused. Behind a proxy the names are the proxy's
   * to resolve, and only addresses can be judged.
   */
  private Network network(URI uri) throws FetchFault, IOException {
    if (proxied && !Network.isLiteral(uri)) {
      return Network.PUBLIC;
    }
    Network network = Network.of(uri);
    if (network == Network.FORBIDDEN) {
      throw FetchFault.of(
          host(uri) + " is a link-local or metadata address; no model is fetched from there");
    }
    return network;
  }

  private static URI target(URI from, String location) throws FetchFault {
    try {
      URI to = from.resolve(location);
      if ("https".equals(to.getScheme())
          && to.getHost() != null
          && to.getUserInfo() == null
          && !location.isEmpty()) {
        return to;
      }
    } catch (IllegalArgumentException e) {
      // Said below.
    }
    throw FetchFault.of("the hub redirects to an address that is not https");
  }

  private static boolean sameHost(URI a, URI b) {
    return a.getHost().equalsIgnoreCase(b.getHost()) && port(a) == port(b);
  }

  private static int port(URI uri) {
    return uri.getPort() < 0 ? 443 : uri.getPort();
  }

  static String host(URI uri) {
    return uri.getPort() < 0 ? uri.getHost() : uri.getHost() + ":" + uri.getPort();
  }

  /** Trusts the platform's authorities and those of a file. */
  private static SSLContext trusting(Path ca) throws FetchFault {
    try (InputStream in = Files.newInputStream(ca)) {
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(null, null);
      int n = 0;
      for (Certificate c : CertificateFactory.getInstance("X.509").generateCertificates(in)) {
        store.setCertificateEntry("given-" + n++, c);
      }
      if (n == 0) {
        throw FetchFault.of("--ca holds no certificate");
      }
      TrustManagerFactory platform =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      platform.init((KeyStore) null);
      for (TrustManager manager : platform.getTrustManagers()) {
        if (manager instanceof X509TrustManager x) {
          for (X509Certificate c : x.getAcceptedIssuers()) {
            store.setCertificateEntry("platform-" + n++, c);
          }
        }
      }
      TrustManagerFactory all =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      all.init(store);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, all.getTrustManagers(), null);
      return context;
    } catch (IOException | GeneralSecurityException e) {
      throw FetchFault.of("--ca cannot be read as certificates");
    }
  }
}
