package dev.ringfence.api.v1alpha1;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** A string in RFC 3339 with a zone: {@code format: date-time}, which the API server checks. */
@Target(ElementType.FIELD)
@Retention(RetentionPolicy.RUNTIME)
@interface DateTime {}
