/**
 * The admission webhook: what a person sees who applies an object that breaks a rule. A pure
 * handler judges AdmissionReviews; around it are the facts of the cluster, certificates and a
 * server.
 */
@NullMarked
package dev.ringfence.admission;

import org.jspecify.annotations.NullMarked;
