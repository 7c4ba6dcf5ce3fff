package dev.ringfence.guard.run;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/**
 * The certificate of the tenant's port, read again when its files change; connections that exist
 * keep what they have.
 */
final class TlsFiles {
  private static final Pattern PEM =
      Pattern.compile("-----BEGIN ([A-Z ]*PRIVATE KEY)-----([A-Za-z0-9+/=\\s]+)-----END \\1-----");

  private final Path certificate;
  private final Path key;
  private byte[] seenCertificate = {};
  private byte[] seenKey = {};
  private volatile SSLContext context;

  TlsFiles(Path certificate, Path key) throws Unusable {
    this.certificate = certificate;
    this.key = key;
    try {
      this.context = read();
    } catch (IOException e) {
      throw new Unusable("the certificate or its key cannot be read");
    } catch (GeneralSecurityException e) {
      throw new Unusable("the certificate and its key cannot be used");
    }
  }

  SSLContext context() {
    return context;
  }

  /** Looks whether the files changed; says what is wrong with them, if anything is. */
  Optional<String> again() {
    try {
      if (!Arrays.equals(Files.readAllBytes(certificate), seenCertificate)
          || !Arrays.equals(Files.readAllBytes(key), seenKey)) {
        context = read();
      }
      return Optional.empty();
    } catch (IOException e) {
      return Optional.of("its files cannot be read; the former one is in use");
    } catch (GeneralSecurityException e) {
      return Optional.of(
          "its files do not hold a certificate and its key; the former one is in use");
    }
  }

  private SSLContext read() throws IOException, GeneralSecurityException {
    byte[] chainText = Files.readAllBytes(certificate);
    byte[] keyText = Files.readAllBytes(key);
    List<? extends Certificate> chain =
        List.copyOf(
            CertificateFactory.getInstance("X.509")
                .generateCertificates(new ByteArrayInputStream(chainText)));
    if (chain.isEmpty()) {
      throw new GeneralSecurityException("no certificate");
    }
    PrivateKey privateKey =
        privateKey(new String(keyText, StandardCharsets.ISO_8859_1), chain.getFirst());
    belongTogether(privateKey, chain.getFirst());
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    char[] password = {'x'};
    store.setKeyEntry("tls", privateKey, password, chain.toArray(Certificate[]::new));
    KeyManagerFactory managers =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    managers.init(store, password);
    SSLContext made = SSLContext.getInstance("TLS");
    made.init(managers.getKeyManagers(), null, null);
    seenCertificate = chainText;
    seenKey = keyText;
    return made;
  }

  private static PrivateKey privateKey(String text, Certificate certificate)
      throws GeneralSecurityException {
    Matcher m = PEM.matcher(text);
    if (!m.find()) {
      throw new GeneralSecurityException("no key");
    }
    byte[] der;
    try {
      der = Base64.getMimeDecoder().decode(m.group(2));
    } catch (IllegalArgumentException e) {
      throw new GeneralSecurityException("no key", e);
    }
    String algorithm = certificate.getPublicKey().getAlgorithm();
    byte[] pkcs8 =
        switch (m.group(1)) {
          case "PRIVATE KEY" -> der;
          case "RSA PRIVATE KEY" -> wrap(der, RSA_ALGORITHM);
          default -> throw new GeneralSecurityException("a key of an old form");
        };
    return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
  }

  /** A pair of which only one half was exchanged yet must not replace one that works. */
  private static void belongTogether(PrivateKey key, Certificate certificate)
      throws GeneralSecurityException {
    String algorithm =
        switch (key.getAlgorithm()) {
          case "RSA" -> "SHA256withRSA";
          case "EC" -> "SHA256withECDSA";
          default -> "Ed25519";
        };
    byte[] text = {1, 2, 3};
    Signature signer = Signature.getInstance(algorithm);
    signer.initSign(key);
    signer.update(text);
    byte[] signature = signer.sign();
    Signature verifier = Signature.getInstance(algorithm);
    verifier.initVerify(certificate.getPublicKey());
    verifier.update(text);
    if (!verifier.verify(signature)) {
      throw new GeneralSecurityException("not the certificate's key");
    }
  }

  /** AlgorithmIdentifier of rsaEncryption. */
  private static final byte[] RSA_ALGORITHM = {
    0x30,
    0x0d,
    0x06,
    0x09,
    0x2a,
    (byte) 0x86,
    0x48,
    (byte) 0x86,
    (byte) 0xf7,
    0x0d,
    0x01,
    0x01,
    0x01,
    0x05,
    0x00
  };

  /** PKCS#1 as PKCS#8. */
  private static byte[] wrap(byte[] key, byte[] algorithm) {
    byte[] version = {0x02, 0x01, 0x00};
    byte[] octets = der(0x04, key);
    byte[] body = new byte[version.length + algorithm.length + octets.length];
    System.arraycopy(version, 0, body, 0, version.length);
    System.arraycopy(algorithm, 0, body, version.length, algorithm.length);
    System.arraycopy(octets, 0, body, version.length + algorithm.length, octets.length);
    return der(0x30, body);
  }

  private static byte[] der(int tag, byte[] content) {
    int n = content.length;
    byte[] head =
        n < 0x80
            ? new byte[] {(byte) tag, (byte) n}
            : n < 0x100
                ? new byte[] {(byte) tag, (byte) 0x81, (byte) n}
                : new byte[] {(byte) tag, (byte) 0x82, (byte) (n >> 8), (byte) n};
    byte[] out = Arrays.copyOf(head, head.length + n);
    System.arraycopy(content, 0, out, head.length, n);
    return out;
  }
}
