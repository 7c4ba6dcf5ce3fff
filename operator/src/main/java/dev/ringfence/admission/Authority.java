package dev.ringfence.admission;

import java.io.IOException;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.CertIOException;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** A certificate authority that signs for this webhook only. Keys are EC P-256. */
record Authority(X509Certificate certificate, PrivateKey key) {
  /** Clocks differ: what begins now begins a little earlier. */
  private static final Duration SKEW = Duration.ofMinutes(5);

  private static final SecureRandom RANDOM = new SecureRandom();

  static Authority create(Instant now, Duration validity) {
    KeyPair keys = keys();
    // The serial number tells two authorities apart that are in one bundle.
    BigInteger serial = serial();
    X500Name name = new X500Name("CN=ringfence-webhook-ca-" + serial.toString(16).substring(0, 8));
    try {
      JcaX509v3CertificateBuilder builder =
          new JcaX509v3CertificateBuilder(
              name,
              serial,
              Date.from(now.minus(SKEW)),
              Date.from(now.plus(validity)),
              name,
              keys.getPublic());
      builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(0));
      builder.addExtension(
          Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
      return new Authority(sign(builder, keys.getPrivate()), keys.getPrivate());
    } catch (CertIOException e) {
      throw new IllegalStateException("an authority can be made", e);
    }
  }

  static Authority read(String certificate, String key) throws IOException {
    Identity identity = Pem.identity(certificate, key);
    return new Authority(identity.leaf(), identity.key());
  }

  /** A server's certificate for these DNS names and IP addresses; never longer than its issuer. */
  Identity issue(List<String> hosts, Instant now, Duration validity) {
    KeyPair keys = keys();
    Instant end = now.plus(validity);
    Instant last = certificate.getNotAfter().toInstant();
    try {
      JcaX509v3CertificateBuilder builder =
          new JcaX509v3CertificateBuilder(
              new X500Name(certificate.getSubjectX500Principal().getName()),
              serial(),
              Date.from(now.minus(SKEW)),
              Date.from(end.isBefore(last) ? end : last),
              new X500Name("CN=ringfence-webhook"),
              keys.getPublic());
      builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
      builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
      builder.addExtension(
          Extension.extendedKeyUsage, false, new ExtendedKeyUsage(KeyPurposeId.id_kp_serverAuth));
      builder.addExtension(
          Extension.subjectAlternativeName,
          false,
          new GeneralNames(
              hosts.stream()
                  .map(
                      h ->
                          new GeneralName(
                              h.matches("[0-9.]+|.*:.*")
                                  ? GeneralName.iPAddress
                                  : GeneralName.dNSName,
                              h))
                  .toArray(GeneralName[]::new)));
      return new Identity(List.of(sign(builder, key)), keys.getPrivate());
    } catch (CertIOException e) {
      throw new IllegalStateException("a certificate can be made", e);
    }
  }

  private static X509Certificate sign(JcaX509v3CertificateBuilder builder, PrivateKey key) {
    try {
      return new JcaX509CertificateConverter()
          .getCertificate(builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(key)));
    } catch (OperatorCreationException | CertificateException e) {
      throw new IllegalStateException("a certificate can be signed", e);
    }
  }

  private static KeyPair keys() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"), RANDOM);
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java runtime has EC P-256", e);
    }
  }

  private static BigInteger serial() {
    return new BigInteger(127, RANDOM).setBit(126);
  }
}
