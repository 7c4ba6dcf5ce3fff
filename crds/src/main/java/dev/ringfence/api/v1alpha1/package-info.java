/**
 * The API {@code ringfence.dev/v1alpha1}: one class per kind with its specification and status, the
 * texts of its rules, and the generated CustomResourceDefinitions ({@link
 * dev.ringfence.api.v1alpha1.Crd}).
 */
@NullMarked
package dev.ringfence.api.v1alpha1;

import org.jspecify.annotations.NullMarked;
