package dev.ringfence.api.v1alpha1;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * A CEL rule on each item of a list of strings, so that its path names the item. {@code
 * io.fabric8.generator.annotation.ValidationRule} cannot stand on a type argument.
 */
@Target(ElementType.FIELD)
@Retention(RetentionPolicy.RUNTIME)
@interface ItemRule {
  String value();

  String message();

  String reason() default "";
}
