package dev.ringfence.guard.fetch;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/** A certificate for localhost, signed by itself, made by the JDK's keytool for one test. */
public final class TestCertificate {
  private static final char[] PASSWORD = {'c', 'h', 'a', 'n', 'g', 'e', 'i', 't'};
  private final KeyStore store;

  /**
   * @param kind arguments of keytool: {@code -keyalg EC -groupname secp256r1}
   */
  public TestCertificate(Path folder, String kind)
      throws IOException, InterruptedException, GeneralSecurityException {
    Path file = Files.createTempFile(folder, "store", ".p12");
    Files.delete(file);
    java.util.ArrayList<String> command =
        new java.util.ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                "tls",
                "-validity",
                "30",
                "-dname",
                "CN=localhost",
                "-ext",
                "SAN=dns:localhost,ip:127.0.0.1",
                "-storetype",
                "PKCS12",
                "-storepass",
                new String(PASSWORD),
                "-keystore",
                file.toString()));
    command.addAll(List.of(kind.split(" ", -1)));
    Process made = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said =
        new String(made.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
    if (made.waitFor() != 0) {
      throw new IOException(said);
    }
    store = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(file)) {
      store.load(in, PASSWORD);
    }
  }

  /** The certificate as PEM. */
  public String certificate() throws GeneralSecurityException {
    return pem("CERTIFICATE", store.getCertificate("tls").getEncoded());
  }

  /** The key as PEM, PKCS#8. */
  public String key() throws GeneralSecurityException {
    return pem("PRIVATE KEY", store.getKey("tls", PASSWORD).getEncoded());
  }

  /** An RSA key as PEM in its old form, PKCS#1: what stands in the last octets of PKCS#8. */
  public String oldRsaKey() throws GeneralSecurityException {
    byte[] pkcs8 = store.getKey("tls", PASSWORD).getEncoded();
    return pem("RSA PRIVATE KEY", java.util.Arrays.copyOfRange(pkcs8, 26, pkcs8.length));
  }

  private static String pem(String kind, byte[] der) {
    return "-----BEGIN "
        + kind
        + "-----\n"
        + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der)
        + "\n-----END "
        + kind
        + "-----\n";
  }

  /** For a server that shows it. */
  SSLContext serving() throws GeneralSecurityException {
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(store, PASSWORD);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), null, null);
    return context;
  }
}
