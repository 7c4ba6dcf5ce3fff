package dev.ringfence.e2e.cluster;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Tests on the cluster that {@code -Dcluster=} names, one for the whole run. Constructors and
 * methods may take the {@link TestCluster}, its administrator's {@code KubernetesClient}, and a
 * {@link TestNamespace} that the test has for itself. Of a failed test, objects, Events and logs
 * are kept in a folder that the failure names.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(ClusterExtension.class)
public @interface WithCluster {
  /** Without one of these the suite is skipped, with the reason. */
  Need[] needs() default {};

  /**
   * At least how many nodes: of several, the first runs only the control plane. A run's cluster is
   * made when its first suite needs it, and all of them ask for as many.
   */
  int nodes() default 1;
}
