-- How Argo CD shows a VLLMDeployment, TrustedModel or VLLMPolicy. argocd-cm.yaml holds this text, once for each kind.
local hs = { status = "Progressing", message = "waiting for the operator to look at this generation" }
local s = obj.status
if s == nil or s.observedGeneration ~= obj.metadata.generation then
  return hs
end
local c = {}
for _, condition in ipairs(s.conditions or {}) do
  c[condition.type] = condition
end
local ready = c["Ready"] or { status = "Unknown", message = hs.message }
local accepted = c["Accepted"] or { status = "Unknown", message = "" }
if c["Stalled"] ~= nil and c["Stalled"].status == "True" then
  return { status = "Degraded", message = c["Stalled"].message }
end
if accepted.reason == "Revoked" then
  -- As it was asked for: nothing more will happen.
  return { status = "Suspended", message = accepted.message }
end
hs.message = ready.message
if c["Reconciling"] ~= nil and c["Reconciling"].status == "True" then
  hs.message = c["Reconciling"].message
elseif ready.status == "True" then
  hs.status = "Healthy"
  if accepted.status == "False" then
    -- Held: what was accepted before goes on serving, until the message's date.
    hs.message = accepted.message
  end
end
return hs
