package dev.ringfence.e2e.cluster;

import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.Set;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/** Gives tests what {@link WithControlPlane} says. */
final class ControlPlaneExtension implements ParameterResolver {
  private static final Namespace STORE = Namespace.create(ControlPlaneExtension.class);
  // Every test of the run shares these GPUs: 256 and 16.
  private static final ControlPlaneOptions OPTIONS = ControlPlaneOptions.DEFAULTS.withNodes(32, 2);
  private static final Set<Class<?>> TYPES =
      Set.of(LocalControlPlane.class, KubernetesClient.class, AuditLog.class, TestNamespace.class);

  /** So that what a constructor takes, too, belongs to one test. */
  @Override
  public ExtensionContextScope getTestInstantiationExtensionContextScope(ExtensionContext root) {
    return ExtensionContextScope.TEST_METHOD;
  }

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    return TYPES.contains(parameter.getParameter().getType());
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    var controlPlane = controlPlane(context);
    var type = parameter.getParameter().getType();
    if (type == LocalControlPlane.class) {
      return controlPlane;
    }
    if (type == KubernetesClient.class) {
      return controlPlane.client();
    }
    if (type == AuditLog.class) {
      return controlPlane.auditLog();
    }
    return context
        .getStore(STORE)
        .computeIfAbsent(
            TestNamespace.class,
            key -> TestNamespace.restricted(controlPlane.client()),
            TestNamespace.class);
  }

  // The root's store lives as long as the run, and closes what it holds.
  private static LocalControlPlane controlPlane(ExtensionContext context) {
    return context
        .getRoot()
        .getStore(STORE)
        .computeIfAbsent(
            LocalControlPlane.class,
            key -> LocalControlPlane.start(OPTIONS),
            LocalControlPlane.class);
  }
}
