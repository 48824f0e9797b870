{{- /* The pieces that every package has. Arguments: root, key (values key), name (object name), values (the package's own values). */ -}}

{{- define "package.labels" -}}
app.kubernetes.io/name: {{ .name }}
app.kubernetes.io/component: "core"
{{ include "commonLabels" .root }}
{{- end -}}

{{- define "package.namespace" -}}
apiVersion: v1
kind: Namespace
metadata:
  name: {{ .namespace }}
  labels:
    {{- include "package.labels" . | nindent 4 }}
    istio-injection: {{ include "istioInjection" . }}
{{- end -}}

{{- define "package.source" -}}
{{- if and (eq .package.sourceType "git") (not .root.Values.offline) .package.enabled -}}
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata:
  name: {{ .name }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "package.labels" . | nindent 4 }}
spec:
  interval: {{ .root.Values.flux.interval }}
  url: {{ .package.git.repo }}
  ref:
    {{- include "validRef" .package.git | nindent 4 }}
{{- end -}}
{{- end -}}

{{- define "package.chart" -}}
{{- if eq .package.sourceType "git" -}}
chart: {{ .package.git.path }}
sourceRef:
  kind: GitRepository
  name: {{ .name }}
  namespace: {{ .root.Release.Namespace }}
{{- else -}}
chart: {{ .package.helmRepo.chartName }}
version: {{ .package.helmRepo.tag }}
sourceRef:
  kind: HelmRepository
  name: {{ .package.helmRepo.repoName }}
  namespace: {{ .root.Release.Namespace }}
{{- end }}
interval: 5m
{{- end -}}

{{- define "package.valuesFrom" -}}
{{- $secret := printf "%s-%s-values" .root.Release.Name (default .name .secret) -}}
{{- range list "common" "defaults" "overlays" }}
- name: {{ $secret }}
  kind: Secret
  valuesKey: {{ . | quote }}
{{- end }}
{{- end -}}

{{- /* common: settings that packages share; defaults: what the umbrella decides; overlays: what the customer wrote, last. */ -}}
{{- define "package.values" -}}
{{- $overlays := default dict .overlays -}}
{{- $merged := mustMergeOverwrite (deepCopy .defaults) (deepCopy $overlays) -}}
apiVersion: v1
kind: Secret
metadata:
  name: {{ .root.Release.Name }}-{{ default .name .secret }}-values
  namespace: {{ .root.Release.Namespace }}
type: generic
stringData:
  common: |
    {{- toYaml (pick $merged "istio" "networkPolicies" "waitJob") | nindent 4 }}
  defaults: |
    {{- toYaml .defaults | nindent 4 }}
  overlays: |
    {{- toYaml $overlays | nindent 4 }}
{{- end -}}
