{{- define "ringfence.labels" -}}
app.kubernetes.io/name: ringfence
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: ringfence
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version | replace "+" "_" }}
{{- end }}

{{/* What the operator's pods are selected by; guards let pods with these labels read their state. */}}
{{- define "ringfence.selector" -}}
app.kubernetes.io/name: ringfence
app.kubernetes.io/component: operator
{{- end }}

{{- define "ringfence.image" -}}
{{- $i := .Values.image -}}
{{- if $i.digest -}}
{{ $i.repository }}@{{ $i.digest }}
{{- else -}}
{{ $i.repository }}:{{ $i.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end }}

{{- define "ringfence.guardImage" -}}
{{- $i := .Values.guard.image -}}
{{- if not $i.digest -}}
{{- fail "guard.image.digest must be set (sha256: and 64 hex digits), engine pods are admitted with images by digest only; take it from the release notes, or see docs/install.md for an image of your own" -}}
{{- end -}}
{{ $i.repository }}@{{ $i.digest }}
{{- end }}

{{/* Who makes the webhook's certificate: operator, certManager or secret. */}}
{{- define "ringfence.certificates" -}}
{{- $c := .Values.webhook.certificates -}}
{{- if and $c.certManager.enabled $c.secretName -}}
{{- fail "webhook.certificates: secretName and certManager.enabled exclude each other; unset one" -}}
{{- end -}}
{{- if and $c.secretName (not $c.caBundle) -}}
{{- fail "webhook.certificates.caBundle must be set beside secretName, the API server trusts the webhook by it; give the PEM of the authority in base64" -}}
{{- end -}}
{{- if $c.certManager.enabled }}certManager{{ else if $c.secretName }}secret{{ else }}operator{{ end -}}
{{- end }}

{{/* Annotations of the webhook configuration. */}}
{{- define "ringfence.webhookAnnotations" -}}
{{- if eq (include "ringfence.certificates" .) "certManager" }}
  annotations: {cert-manager.io/inject-ca-from: {{ .Release.Namespace }}/ringfence-webhook}
{{- end }}
{{- end }}

{{/* The authority that the API server trusts, where the release brings it; the operator and cert-manager write it themselves. */}}
{{- define "ringfence.caBundle" -}}
{{- if eq (include "ringfence.certificates" .) "secret" }}
    caBundle: {{ .Values.webhook.certificates.caBundle }}
{{- end }}
{{- end }}

{{/* CustomResourceDefinitions and policies outlive the release: with them every engine would go. */}}
{{- define "ringfence.keep" -}}
helm.sh/resource-policy: keep
argocd.argoproj.io/sync-options: Prune=false,Delete=false
{{- end }}
