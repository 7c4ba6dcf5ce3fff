package dev.ringfence.admission;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.List;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.openssl.PEMKeyPair;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.openssl.jcajce.JcaPKCS8Generator;

/** Certificates and keys as text. */
final class Pem {
  private Pem() {}

  static String text(List<X509Certificate> certificates) {
    return write(certificates.toArray());
  }

  static String text(PrivateKey key) {
    try {
      return write(new JcaPKCS8Generator(key, null));
    } catch (IOException e) {
      throw new UncheckedIOException("a key can be written without a password", e);
    }
  }

  private static String write(Object... parts) {
    StringWriter text = new StringWriter();
    try (JcaPEMWriter pem = new JcaPEMWriter(text)) {
      for (Object part : parts) {
        pem.writeObject(part);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("a text can be written to", e);
    }
    return text.toString();
  }

  /**
   * @throws IOException when there is none, or one that cannot be read
   */
  static List<X509Certificate> certificates(String text) throws IOException {
    try {
      List<X509Certificate> certificates =
          CertificateFactory.getInstance("X.509")
              .generateCertificates(
                  new ByteArrayInputStream(text.getBytes(StandardCharsets.US_ASCII)))
              .stream()
              .map(X509Certificate.class::cast)
              .toList();
      if (certificates.isEmpty()) {
        throw new IOException("no certificate");
      }
      return certificates;
    } catch (GeneralSecurityException e) {
      throw new IOException("a certificate that cannot be read", e);
    }
  }

  /** A key in PKCS#8, PKCS#1 or SEC 1, without a password. */
  static PrivateKey key(String text) throws IOException {
    try (PEMParser parser = new PEMParser(new StringReader(text))) {
      JcaPEMKeyConverter converter = new JcaPEMKeyConverter();
      for (Object part = parser.readObject(); part != null; part = parser.readObject()) {
        if (part instanceof PrivateKeyInfo info) {
          return converter.getPrivateKey(info);
        }
        if (part instanceof PEMKeyPair pair) {
          return converter.getKeyPair(pair).getPrivate();
        }
      }
      throw new IOException("no private key");
    } catch (RuntimeException e) {
      throw new IOException("a private key that cannot be read", e);
    }
  }

  /**
   * A certificate with its own key.
   *
   * @throws IOException when one of them cannot be read, or they do not belong together
   */
  static Identity identity(String chain, String key) throws IOException {
    Identity identity = new Identity(certificates(chain), key(key));
    if (!belong(identity.leaf().getPublicKey(), identity.key())) {
      throw new IOException("a private key that does not belong to the certificate");
    }
    return identity;
  }

  private static boolean belong(PublicKey publicKey, PrivateKey key) {
    String algorithm =
        switch (key.getAlgorithm()) {
          case "EC" -> "SHA256withECDSA";
          case "RSA" -> "SHA256withRSA";
          default -> key.getAlgorithm();
        };
    byte[] sample = new byte[32];
    new SecureRandom().nextBytes(sample);
    try {
      Signature signer = Signature.getInstance(algorithm);
      signer.initSign(key);
      signer.update(sample);
      byte[] signature = signer.sign();
      Signature verifier = Signature.getInstance(algorithm);
      verifier.initVerify(publicKey);
      verifier.update(sample);
      return verifier.verify(Arrays.copyOf(signature, signature.length));
    } catch (GeneralSecurityException e) {
      return false;
    }
  }
}
