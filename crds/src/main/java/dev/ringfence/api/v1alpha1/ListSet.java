package dev.ringfence.api.v1alpha1;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * A list without twins whose order means nothing: {@code x-kubernetes-list-type: set}. Lists
 * without this or {@link ListMap} are atomic.
 */
@Target(ElementType.FIELD)
@Retention(RetentionPolicy.RUNTIME)
@interface ListSet {}
