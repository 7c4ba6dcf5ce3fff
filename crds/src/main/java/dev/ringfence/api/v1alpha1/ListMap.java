package dev.ringfence.api.v1alpha1;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * A list whose items are told apart by one of their fields: {@code x-kubernetes-list-type: map}.
 * The API server refuses twins and server-side apply merges item by item. The key must be required.
 * The CRD generator has no annotation for this.
 */
@Target(ElementType.FIELD)
@Retention(RetentionPolicy.RUNTIME)
@interface ListMap {
  /** The field that tells the items apart. */
  String value();
}
