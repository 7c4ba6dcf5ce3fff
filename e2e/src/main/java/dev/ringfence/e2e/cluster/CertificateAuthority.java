package dev.ringfence.e2e.cluster;

import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.interfaces.ECPrivateKey;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import org.bouncycastle.asn1.sec.SECObjectIdentifiers;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.openssl.PEMKeyPair;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.operator.ContentSigner;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.util.io.pem.PemObject;

/**
 * The certificate authority of one control plane. Keys are EC P-256, written as SEC 1 ("EC PRIVATE
 * KEY"): Go and fabric8 read that, while fabric8 cannot load an EC key in PKCS#8. Certificates hold
 * for 30 days.
 */
final class CertificateAuthority {
  private static final Duration VALIDITY = Duration.ofDays(30);
  private static final SecureRandom RANDOM = new SecureRandom();

  /** A certificate and its private key, both PEM. */
  record Identity(String certificate, String key) {}

  private final X509CertificateHolder certificate;
  private final KeyPair keys;

  private CertificateAuthority(X509CertificateHolder certificate, KeyPair keys) {
    this.certificate = certificate;
    this.keys = keys;
  }

  static CertificateAuthority create() {
    var keys = newKeys();
    var name = new X500Name("CN=ringfence-local");
    try {
      var builder =
          builder(name, name, keys)
              .addExtension(Extension.basicConstraints, true, new BasicConstraints(0))
              .addExtension(
                  Extension.keyUsage,
                  true,
                  new KeyUsage(KeyUsage.keyCertSign | KeyUsage.digitalSignature));
      return new CertificateAuthority(
          ((JcaX509v3CertificateBuilder) builder).build(signer(keys)), keys);
    } catch (IOException | OperatorCreationException e) {
      throw new IllegalStateException("cannot make a certificate authority", e);
    }
  }

  /** Reads what {@link #certificate()} and {@link #key()} wrote. */
  static CertificateAuthority read(Path certificate, Path key) throws IOException {
    try (var certificates = new PEMParser(new StringReader(Files.readString(certificate)));
        var keys = new PEMParser(new StringReader(Files.readString(key)))) {
      if (certificates.readObject() instanceof X509CertificateHolder holder
          && keys.readObject() instanceof PEMKeyPair pair) {
        return new CertificateAuthority(holder, new JcaPEMKeyConverter().getKeyPair(pair));
      }
      throw new IOException("no certificate authority in " + certificate.getParent());
    }
  }

  String certificate() {
    return pem(certificate);
  }

  String key() {
    return privateKey(keys);
  }

  /** A server's certificate for these DNS names or IP addresses. */
  Identity server(String name, List<String> hosts) {
    var names = hosts.stream().map(CertificateAuthority::generalName).toArray(GeneralName[]::new);
    return issue(
        new X500Name("CN=" + name), KeyPurposeId.id_kp_serverAuth, new GeneralNames(names));
  }

  /**
   * A client's certificate: Kubernetes takes the common name as the user, organizations as groups.
   */
  Identity client(String user, List<String> groups) {
    var name = new X500NameBuilder(BCStyle.INSTANCE);
    groups.forEach(group -> name.addRDN(BCStyle.O, group));
    name.addRDN(BCStyle.CN, user);
    return issue(name.build(), KeyPurposeId.id_kp_clientAuth, new GeneralNames(new GeneralName[0]));
  }

  /** A key pair of its own, such as the one that signs service account tokens. */
  static String newKey() {
    return privateKey(newKeys());
  }

  private Identity issue(X500Name subject, KeyPurposeId purpose, GeneralNames names) {
    var own = newKeys();
    try {
      var builder =
          builder(certificate.getSubject(), subject, own)
              .addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature))
              .addExtension(Extension.extendedKeyUsage, false, new ExtendedKeyUsage(purpose));
      if (names.getNames().length > 0) {
        builder.addExtension(Extension.subjectAlternativeName, false, names);
      }
      return new Identity(
          pem(((JcaX509v3CertificateBuilder) builder).build(signer(keys))), privateKey(own));
    } catch (IOException | OperatorCreationException e) {
      throw new IllegalStateException("cannot make a certificate for " + subject, e);
    }
  }

  private static JcaX509v3CertificateBuilder builder(
      X500Name issuer, X500Name subject, KeyPair of) {
    var now = Instant.now();
    return new JcaX509v3CertificateBuilder(
        issuer,
        new BigInteger(120, RANDOM).setBit(119),
        Date.from(now.minus(Duration.ofHours(1))),
        Date.from(now.plus(VALIDITY)),
        subject,
        of.getPublic());
  }

  private static ContentSigner signer(KeyPair keys) throws OperatorCreationException {
    return new JcaContentSignerBuilder("SHA256withECDSA").build(keys.getPrivate());
  }

  private static GeneralName generalName(String host) {
    boolean address =
        host.chars().allMatch(c -> c == '.' || Character.isDigit(c)) || host.contains(":");
    return address
        ? new GeneralName(GeneralName.iPAddress, host)
        : new GeneralName(GeneralName.dNSName, host);
  }

  private static KeyPair newKeys() {
    try {
      var generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"), RANDOM);
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JDK has no P-256", e);
    }
  }

  /** SEC 1 with curve and public key inside, as OpenSSL writes it; fabric8 needs the curve. */
  private static String privateKey(KeyPair pair) {
    var scalar = ((ECPrivateKey) pair.getPrivate()).getS();
    var point = SubjectPublicKeyInfo.getInstance(pair.getPublic().getEncoded()).getPublicKeyData();
    var structure =
        new org.bouncycastle.asn1.sec.ECPrivateKey(
            256, scalar, point, SECObjectIdentifiers.secp256r1);
    try {
      return pem(new PemObject("EC PRIVATE KEY", structure.getEncoded()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String pem(Object object) {
    var text = new StringWriter();
    try (var writer = new JcaPEMWriter(text)) {
      writer.writeObject(object);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return text.toString();
  }
}
