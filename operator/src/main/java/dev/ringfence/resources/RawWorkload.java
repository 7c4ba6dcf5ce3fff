package dev.ringfence.resources;

import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.Singular;
import io.fabric8.kubernetes.model.annotation.Version;

/** A VLLMDeployment as JSON. */
@Group("ringfence.dev")
@Version("v1alpha1")
@Kind("VLLMDeployment")
@Singular("vllmdeployment")
@Plural("vllmdeployments")
public final class RawWorkload extends RawObject implements Namespaced {}
