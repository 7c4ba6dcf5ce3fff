package dev.ringfence.resources;

import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.Singular;
import io.fabric8.kubernetes.model.annotation.Version;

/** A TrustedModel as JSON. */
@Group("ringfence.dev")
@Version("v1alpha1")
@Kind("TrustedModel")
@Singular("trustedmodel")
@Plural("trustedmodels")
public final class RawModel extends RawObject {}
