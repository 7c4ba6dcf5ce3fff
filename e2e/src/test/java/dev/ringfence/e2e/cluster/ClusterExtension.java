package dev.ringfence.e2e.cluster;

import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.LifecycleMethodExecutionExceptionHandler;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.jupiter.api.extension.TestExecutionExceptionHandler;
import org.junit.platform.commons.support.AnnotationSupport;
import org.opentest4j.IncompleteExecutionException;
import org.opentest4j.TestAbortedException;

/** Gives tests what {@link WithCluster} says. */
final class ClusterExtension
    implements ExecutionCondition,
        ParameterResolver,
        TestExecutionExceptionHandler,
        LifecycleMethodExecutionExceptionHandler {
  private static final Namespace STORE = Namespace.create(ClusterExtension.class);
  private static final Set<Class<?>> TYPES =
      Set.of(TestCluster.class, KubernetesClient.class, TestNamespace.class);

  /** The run's cluster: kept in the root's store, which closes it after the last test. */
  private static final class Standing implements AutoCloseable {
    private Optional<TestCluster> cluster = Optional.empty();
    private int nodes;

    synchronized TestCluster of(int wanted) {
      if (cluster.isPresent() && nodes < wanted) {
        // Others may be using it at this moment.
        throw new IllegalStateException(
            "the run's cluster has %d nodes and %d are asked for: all suites of a run ask for as many"
                .formatted(nodes, wanted));
      }
      if (cluster.isEmpty()) {
        cluster = Optional.of(ClusterChoice.ofThisRun().start(wanted));
        nodes = wanted;
      }
      return cluster.get();
    }

    synchronized Optional<TestCluster> now() {
      return cluster;
    }

    @Override
    public synchronized void close() {
      cluster.ifPresent(TestCluster::close);
      cluster = Optional.empty();
    }
  }

  @Override
  public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
    return ClusterChoice.ofThisRun()
        .reasonAgainst(needs(context))
        .map(ConditionEvaluationResult::disabled)
        .orElseGet(() -> ConditionEvaluationResult.enabled("the cluster may have all of it"));
  }

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
    var cluster = standing(context).of(annotation(context).nodes());
    var missing = EnumSet.noneOf(Need.class);
    missing.addAll(needs(context));
    missing.removeAll(cluster.offers());
    if (!missing.isEmpty()) {
      throw new TestAbortedException(ClusterChoice.ofThisRun().missing(missing.iterator().next()));
    }
    var type = parameter.getParameter().getType();
    if (type == TestCluster.class) {
      return cluster;
    }
    if (type == KubernetesClient.class) {
      return cluster.client();
    }
    return context
        .getStore(STORE)
        .computeIfAbsent(
            TestNamespace.class,
            key -> TestNamespace.restricted(cluster.client()),
            TestNamespace.class);
  }

  @Override
  public void handleTestExecutionException(ExtensionContext context, Throwable failure)
      throws Throwable {
    throw told(context, failure);
  }

  @Override
  public void handleBeforeAllMethodExecutionException(ExtensionContext context, Throwable failure)
      throws Throwable {
    throw told(context, failure);
  }

  @Override
  public void handleBeforeEachMethodExecutionException(ExtensionContext context, Throwable failure)
      throws Throwable {
    throw told(context, failure);
  }

  /** The failure, with where to look. */
  private static Throwable told(ExtensionContext context, Throwable failure) {
    var cluster = standing(context).now();
    if (failure instanceof IncompleteExecutionException || cluster.isEmpty()) {
      return failure;
    }
    var folder = Remains.keep(cluster.get(), context);
    var said = new AssertionError(failure.getMessage() + "\nObjects, Events and logs: " + folder);
    said.initCause(failure);
    said.setStackTrace(failure.getStackTrace());
    return said;
  }

  private static Standing standing(ExtensionContext context) {
    return context
        .getRoot()
        .getStore(STORE)
        .computeIfAbsent(Standing.class, key -> new Standing(), Standing.class);
  }

  private static Set<Need> needs(ExtensionContext context) {
    var needs = EnumSet.noneOf(Need.class);
    needs.addAll(List.of(annotation(context).needs()));
    return needs;
  }

  private static WithCluster annotation(ExtensionContext context) {
    return AnnotationSupport.findAnnotation(context.getRequiredTestClass(), WithCluster.class)
        .orElseThrow();
  }
}
