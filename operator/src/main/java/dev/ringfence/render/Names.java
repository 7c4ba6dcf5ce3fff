package dev.ringfence.render;

import dev.ringfence.rules.Workload;
import java.util.Map;
import java.util.TreeMap;

/**
 * Names and labels of rendered objects.
 *
 * <p>What belongs to a tenant is called {@code WORKLOAD--TENANT}: neither part can hold two dashes,
 * so two workloads never meet in one name. What belongs to a workload ends in a word after a single
 * dash, so it meets no tenant's name either.
 */
public final class Names {
  /** On every object: the workload's name. */
  public static final String WORKLOAD = "ringfence.dev/workload";

  /** On what belongs to one tenant: its name. */
  public static final String TENANT = "ringfence.dev/tenant";

  /** With the value {@link #OFFLINE} on what {@code ringfence render} printed. */
  public static final String RENDERED = "ringfence.dev/rendered";

  public static final String OFFLINE = "offline";

  public static final String NAME = "app.kubernetes.io/name";
  public static final String INSTANCE = "app.kubernetes.io/instance";
  public static final String COMPONENT = "app.kubernetes.io/component";
  public static final String PART_OF = "app.kubernetes.io/part-of";
  public static final String MANAGED_BY = "app.kubernetes.io/managed-by";

  /** The value of {@link #MANAGED_BY} and {@link #PART_OF}. */
  public static final String RINGFENCE = "ringfence";

  /** The value of {@link #COMPONENT} on engines. */
  public static final String ENGINE = "engine";

  /** The value of {@link #COMPONENT} on the fetch Job. */
  public static final String FETCH = "fetch";

  /** The containers of an engine's pod. */
  public static final String GUARD_CONTAINER = "guard";

  public static final String VERIFY_CONTAINER = "verify";
  public static final String ENGINE_CONTAINER = "engine";

  private Names() {}

  /** The name of a tenant's ServiceAccount, Deployment, Service, NetworkPolicy and budget. */
  public static String tenant(String workload, String tenant) {
    return workload + "--" + tenant;
  }

  /** The name of the ConfigMap with a tenant's {@code guard.json}. */
  public static String policy(String workload, String tenant) {
    return tenant(workload, tenant) + "-guard";
  }

  /** The name of the claim that a fetched model lives on. */
  public static String claim(String workload) {
    return workload + "-model";
  }

  /** The name of the fetch Job's NetworkPolicy. */
  public static String fetch(String workload) {
    return workload + "-" + FETCH;
  }

  /**
   * The name of the fetch Job and of its ConfigMap.
   *
   * @param files {@link ModelFolder#digest}
   */
  public static String fetch(String workload, String files) {
    return fetch(workload) + "-" + files.substring(0, 10);
  }

  /** What a selector may rely on: only what never changes for an object of that name. */
  static Map<String, String> selector(Workload w, String component) {
    return new TreeMap<>(Map.of(WORKLOAD, w.name(), COMPONENT, component));
  }

  static Map<String, String> selector(Workload w, Workload.Tenant t) {
    Map<String, String> s = selector(w, ENGINE);
    s.put(TENANT, t.name());
    return s;
  }

  static Map<String, String> labels(Workload w, String component) {
    return common(selector(w, component), fetch(w.name()));
  }

  static Map<String, String> labels(Workload w, Workload.Tenant t) {
    return common(selector(w, t), tenant(w.name(), t.name()));
  }

  private static Map<String, String> common(Map<String, String> selector, String instance) {
    Map<String, String> l = new TreeMap<>(selector);
    l.put(NAME, "vllm");
    l.put(INSTANCE, instance);
    l.put(PART_OF, RINGFENCE);
    l.put(MANAGED_BY, RINGFENCE);
    return l;
  }
}
