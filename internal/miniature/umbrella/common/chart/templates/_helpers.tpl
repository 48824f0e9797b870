{{- define "commonLabels" -}}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.Version }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: "bigbang"
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end -}}

{{- /* The reference of a git source: a commit beats a range, a range beats a tag, a tag beats a branch. */ -}}
{{- define "validRef" -}}
{{- if .commit -}}
commit: {{ .commit }}
{{- else if .semver -}}
semver: {{ .semver | quote }}
{{- else if .tag -}}
tag: {{ .tag }}
{{- else -}}
branch: {{ required "a git source needs a commit, semver, tag or branch" .branch }}
{{- end -}}
{{- end -}}

{{- define "resourceName" -}}
{{- regexReplaceAll "\\W+" . "-" | trimPrefix "-" | trunc 63 | trimSuffix "-" | kebabcase -}}
{{- end -}}

{{- /* Rolls a package's pods when the control plane's version changes. A tag of a Helm repository is not trimmed. */ -}}
{{- define "istioAnnotation" -}}
{{- if eq .Values.istiod.sourceType "git" -}}
bigbang.dev/istioVersion: {{ regexReplaceAll "-bb.+$" (coalesce .Values.istiod.git.semver .Values.istiod.git.tag .Values.istiod.git.branch) "" | quote }}
{{- else -}}
bigbang.dev/istioVersion: {{ .Values.istiod.helmRepo.tag | quote }}
{{- end -}}
{{- end -}}

{{- /* enabled or disabled: what the package asks for, if there is a control plane at all. */ -}}
{{- define "istioInjection" -}}
{{- ternary "enabled" "disabled" (and .root.Values.istiod.enabled (eq (dig "istio" "injection" "enabled" .package) "enabled")) -}}
{{- end -}}
