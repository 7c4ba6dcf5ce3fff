package dev.ringfence.resources;

import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.Singular;
import io.fabric8.kubernetes.model.annotation.Version;

/** A VLLMPolicy as JSON. */
@Group("ringfence.dev")
@Version("v1alpha1")
@Kind("VLLMPolicy")
@Singular("vllmpolicy")
@Plural("vllmpolicies")
public final class RawPolicy extends RawObject {}
