package dev.ringfence.events;

/**
 * Every reason that a condition or an Event of ours can have, in one place: programs match on them.
 */
public enum Reason {
  // Accepted
  Accepted("every rule holds"),
  Rejected("a rule is broken and nothing was accepted before"),
  HeldSpec("the specification was edited badly; what was accepted goes on"),
  HeldPolicy("the policy or the catalogue has changed; what was accepted goes on for a while"),
  ContentRefused("what serves is not trusted any more; its engines stop"),
  HoldEnded("what was accepted was held as long as the policy allows; its engines stop"),
  Frozen("neither the specification nor what was accepted is acceptable to this operator"),

  // Ready, Available, Reconciling
  Serving("every tenant that is wanted is served"),
  Suspended("no engine is wanted"),
  Starting("engines are loading"),
  RollingOut("engines are restarted, one after another"),
  RolloutQueued("engines wait for their turn to restart"),
  Fetching("the model is being fetched"),
  FetchFailed("the model could not be fetched; it is tried again"),
  WaitingForNode("no node takes the engine yet"),
  WaitingForQuota("a quota or a queue holds the engine back"),
  WaitingForVolume("a volume is missing"),
  WaitingForApi("the API server refused a write; it is tried again"),
  NotServed("a tenant that is wanted is not served"),
  Stopped("engines are stopped"),

  // Stalled
  RolledBack("a restart did not get ready; what served before serves again"),
  EngineFailed("an engine does not get ready"),
  ForeignObject("an object that is not ours has a name that we need"),
  AdmissionMutates("a webhook of the cluster changes what is written"),
  DriftFight("another program undoes every repair"),
  Refused("the API server refuses an object"),
  ImageVolumeUnsupported("the API server does not know image volumes"),

  // ModelVerified, SecretsResolved, Attested, NetworkIsolated
  Verified("the guards have verified every file"),
  VerificationFailed("a guard has refused a file"),
  NoGuardAnswers("no guard has said yet"),
  KeysLoaded("every guard has keys"),
  KeysMissing("a Secret is missing, empty or unusable"),
  Attested("every engine reports the settings that were asked of it"),
  AttestationFailed("an engine reports other settings than were asked of it"),
  Closed("the network policies are in place"),
  Enforced("the guards cannot reach the API server"),
  NotEnforced("a guard can reach the API server, so the network policies are not enforced"),
  ForeignPolicy("another NetworkPolicy selects these pods and opens them"),
  ForeignEndpoint("a pod that is not ours can get a tenant's traffic"),

  // Policy and model
  Revoked("the model is revoked"),
  InForce("the policy is in force"),
  Invalid("a rule is broken"),
  Listed("the model is in the catalogue"),

  // Events
  DriftRepaired("an object was changed by somebody else and put back"),
  Pruned("objects of a removed tenant were deleted"),
  ClaimUnused("a claim holds a model that is not served any more; it is never deleted by itself"),
  EngineReady("engines serve again"),
  Released("what was accepted is acceptable again"),
  WaiverEnds("a waiver or an override ends within fourteen days"),
  Waived("a waiver is in force"),
  Orphaned("an engine's workload is gone; it was scaled to zero");

  private final String meaning;

  Reason(String meaning) {
    this.meaning = meaning;
  }

  /** For documentation. */
  public String meaning() {
    return meaning;
  }
}
